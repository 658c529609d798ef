//! Mutants of ONNX files: the protobuf stays well-formed, its content does not.

/// A small generator of numbers, for the same mutants everywhere.
pub struct Random(u64);

impl Random {
	pub fn new(seed: u64) -> Self {
		Self(seed)
	}

	/// SplitMix64.
	pub fn next(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
		z ^ z >> 31
	}

	/// A number below `end`, which is not 0.
	pub fn below(&mut self, end: usize) -> usize {
		(self.next() % end as u64) as usize
	}

	pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
		&from[self.below(from.len())]
	}
}

/// The messages that are taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
	Model,
	Opset,
	Graph,
	Node,
	Attribute,
	Tensor,
	ValueInfo,
	Type,
	TensorType,
	Shape,
	Dim,
}

impl Kind {
	fn child(self, number: u64) -> Option<Kind> {
		use Kind::*;
		Some(match (self, number) {
			(Model, 7) | (Attribute, 6 | 11) => Graph,
			(Model, 8) => Opset,
			(Graph, 1) => Node,
			(Graph, 5) | (Attribute, 5 | 10) => Tensor,
			(Graph, 11..=13) => ValueInfo,
			(Node, 5) => Attribute,
			(ValueInfo, 2) => Type,
			(Type, 1) => TensorType,
			(TensorType, 2) => Shape,
			(Shape, 1) => Dim,
			_ => return None,
		})
	}
}

#[derive(Clone)]
enum Value {
	Varint(u64),
	Fixed(u64, Vec<u8>),
	Bytes(Vec<u8>),
	Message(Kind, Vec<Field>),
}

#[derive(Clone)]
struct Field {
	number: u64,
	value: Value,
}

fn parse(kind: Kind, mut bytes: &[u8]) -> Option<Vec<Field>> {
	let mut fields = Vec::new();
	while !bytes.is_empty() {
		let key = take_varint(&mut bytes)?;
		let number = key >> 3;
		let value = match key & 7 {
			0 => Value::Varint(take_varint(&mut bytes)?),
			1 => Value::Fixed(1, take(&mut bytes, 8)?.to_vec()),
			5 => Value::Fixed(5, take(&mut bytes, 4)?.to_vec()),
			2 => {
				let length = take_varint(&mut bytes)? as usize;
				let content = take(&mut bytes, length)?;
				match kind.child(number) {
					Some(child) => Value::Message(child, parse(child, content)?),
					None => Value::Bytes(content.to_vec()),
				}
			},
			_ => return None,
		};
		fields.push(Field { number, value });
	}
	Some(fields)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
	let (head, tail) = bytes.split_at_checked(length)?;
	*bytes = tail;
	Some(head)
}

fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
	let mut value = 0;
	for shift in (0..64).step_by(7) {
		let (byte, tail) = bytes.split_first()?;
		*bytes = tail;
		value |= u64::from(byte & 0x7f) << shift;
		if *byte < 0x80 {
			return Some(value);
		}
	}
	None
}

fn encode(fields: &[Field]) -> Vec<u8> {
	let mut out = Vec::new();
	for Field { number, value } in fields {
		let content = match value {
			Value::Varint(value) => {
				out.extend(super::int(*number, *value));
				continue;
			},
			Value::Fixed(wire, content) => {
				out.extend(super::varint(number << 3 | wire));
				out.extend(content);
				continue;
			},
			Value::Bytes(content) => content.clone(),
			Value::Message(_, fields) => encode(fields),
		};
		out.extend(super::bytes(*number, content));
	}
	out
}

/// Models that mutants are made of.
pub struct Breeder {
	models: Vec<Vec<Field>>,
	/// Every text of every model: names, operators, equations.
	texts: Vec<Vec<u8>>,
}

const NUMBERS: [u64; 22] = [
	0,
	1,
	2,
	3,
	4,
	5,
	7,
	8,
	11,
	16,
	64,
	127,
	255,
	1 << 16,
	1 << 20,
	1 << 31,
	1 << 32,
	1 << 40,
	i64::MAX as u64,
	1 << 63,
	u64::MAX,
	u64::MAX - 1,
];

impl Breeder {
	pub fn new(files: &[Vec<u8>]) -> Self {
		let models: Vec<_> = files.iter().map(|file| parse(Kind::Model, file).unwrap()).collect();
		let mut texts = Vec::new();
		for model in &models {
			visit(model, &mut |field| {
				if let Value::Bytes(text) = &field.value {
					if text.len() < 64 && !texts.contains(text) {
						texts.push(text.clone());
					}
				}
			});
		}
		Self { models, texts }
	}

	/// A mutant of model `which`.
	pub fn mutant(&self, which: usize, random: &mut Random) -> Vec<u8> {
		let mut model = self.models[which].clone();
		for _ in 0..1 + random.below(3) {
			let mut count = 0;
			visit(&model, &mut |_| count += 1);
			let at = random.below(count.max(1));
			self.mutate(&mut model, &mut { at }, random);
		}
		let mut file = encode(&model);
		// Now and then the wire itself.
		if random.below(16) == 0 && !file.is_empty() {
			let at = random.below(file.len());
			match random.below(3) {
				0 => file.truncate(at),
				1 => file[at] = random.next() as u8,
				_ => file.insert(at, random.next() as u8),
			}
		}
		file
	}

	/// Changes the field that is `at` steps away, in the order of the file.
	fn mutate(&self, fields: &mut Vec<Field>, at: &mut usize, random: &mut Random) -> bool {
		for i in 0..fields.len() {
			if *at == 0 {
				self.change(fields, i, random);
				return true;
			}
			*at -= 1;
			if let Value::Message(_, inside) = &mut fields[i].value {
				if self.mutate(inside, at, random) {
					return true;
				}
			}
		}
		false
	}

	fn change(&self, fields: &mut Vec<Field>, i: usize, random: &mut Random) {
		match random.below(8) {
			0 => {
				fields.remove(i);
			},
			1 => fields.insert(i, fields[i].clone()),
			2 => {
				let other = random.below(fields.len());
				fields.swap(i, other);
			},
			_ => match &mut fields[i].value {
				Value::Varint(value) => {
					*value = match random.below(4) {
						0 => value.wrapping_add(1),
						1 => value.wrapping_sub(1),
						2 => random.next() & 0xff,
						_ => *random.pick(&NUMBERS),
					}
				},
				Value::Fixed(_, content) => content.fill_with(|| random.next() as u8),
				Value::Bytes(content) => self.change_bytes(content, random),
				// The same part of another model.
				Value::Message(kind, inside) => {
					let mut donors = Vec::new();
					visit(
						random.pick(&self.models[..]).as_slice(),
						&mut |field| match &field.value {
							Value::Message(other, inside) if other == kind => {
								donors.push(inside.clone())
							},
							_ => (),
						},
					);
					if !donors.is_empty() {
						*inside = random.pick(&donors).clone();
					}
				},
			},
		}
	}

	fn change_bytes(&self, content: &mut Vec<u8>, random: &mut Random) {
		match random.below(6) {
			0..=2 => *content = random.pick(&self.texts).clone(),
			3 => content.truncate(random.below(content.len() + 1)),
			4 => content.extend_from_slice(&random.next().to_le_bytes()),
			_ => {
				if !content.is_empty() {
					let at = random.below(content.len());
					content[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff]);
				}
			},
		}
	}
}

fn visit(fields: &[Field], with: &mut impl FnMut(&Field)) {
	for field in fields {
		with(field);
		if let Value::Message(_, inside) = &field.value {
			visit(inside, with);
		}
	}
}
