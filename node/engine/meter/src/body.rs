//! Metering of one function.

use crate::{
	cost::cost,
	module::{Added, Meter},
	MeterError,
};
use wasm_encoder::{
	reencode::{Error, Reencode},
	BlockType, Function, Instruction, ValType,
};
use wasmparser::{FunctionBody, Operator};

/// A function that is being written.
struct Writer {
	out: Function,
	added: Added,
	/// Number of the local that holds the fuel.
	fuel: u32,
	/// Fuel of the instructions since the last that were paid for.
	due: u32,
}

impl Meter {
	/// The function with its fuel counted in a new local of the number `fuel`, and looked at if
	/// `checks`. Gives `height` back where it returns: its body becomes a block, which is what its
	/// branches and returns leave.
	pub fn body(
		&mut self,
		body: &FunctionBody<'_>,
		fuel: u32,
		checks: bool,
		result: BlockType,
		height: Option<u32>,
	) -> Result<Function, Error<MeterError>> {
		let mut locals = Vec::new();
		for group in body.get_locals_reader()? {
			let (count, ty) = group?;
			locals.push((count, self.val_type(ty)?));
		}
		locals.push((1, ValType::I64));
		let mut writer = Writer { out: Function::new(locals), added: self.added, fuel, due: 0 };
		writer.enter(checks, height);
		writer.out.instruction(&Instruction::Block(result));
		// Blocks around the instruction, without that of the body.
		let mut depth = 0;
		// Nothing comes from the instruction before.
		let mut dead = false;
		for operator in body.get_operators_reader()? {
			let operator = operator?;
			if !dead {
				writer.due += match operator {
					// Becomes a branch.
					Operator::Return => cost(&Operator::Br { relative_depth: depth }),
					_ => cost(&operator),
				};
			}
			let own = match operator {
				Operator::MemoryCopy { .. } => Some(self.added.copy),
				Operator::MemoryFill { .. } => Some(self.added.fill),
				Operator::MemoryGrow { .. } => Some(self.added.grow),
				_ => None,
			};
			match operator {
				Operator::Block { .. } => depth += 1,
				Operator::Loop { .. } | Operator::If { .. } => {
					depth += 1;
					writer.pay();
				},
				Operator::Br { .. }
				| Operator::BrIf { .. }
				| Operator::BrTable { .. }
				| Operator::Return
				| Operator::Else => writer.pay(),
				Operator::Unreachable => writer.due = 0,
				Operator::End => {
					writer.pay();
					if depth == 0 {
						break;
					}
					depth -= 1;
				},
				Operator::Call { .. } | Operator::CallIndirect { .. } => writer.save(),
				_ if own.is_some() => writer.save(),
				_ => (),
			}
			dead = match operator {
				Operator::Br { .. }
				| Operator::BrTable { .. }
				| Operator::Return
				| Operator::Unreachable => true,
				Operator::End | Operator::Else => false,
				_ => dead,
			};
			let (turns, calls) = (
				matches!(operator, Operator::Loop { .. }),
				matches!(operator, Operator::Call { .. } | Operator::CallIndirect { .. }),
			);
			let instruction = match (operator, own) {
				(_, Some(function)) => Instruction::Call(function),
				(Operator::Return, _) => Instruction::Br(depth),
				(operator, None) => self.instruction(operator)?,
			};
			writer.out.instruction(&instruction);
			if turns {
				writer.check();
			}
			if calls || own.is_some() {
				writer.load();
			}
		}
		writer.out.instruction(&Instruction::End);
		writer.leave(height);
		Ok(writer.out)
	}
}

impl Writer {
	fn enter(&mut self, checks: bool, height: Option<u32>) {
		self.load();
		if checks {
			self.check();
		}
		if let Some(height) = height {
			let stack = self.added.stack;
			let mut body = self.out.instructions();
			body.global_get(stack).i32_const(height as i32).i32_sub().global_set(stack);
			body.global_get(stack).i32_const(0).i32_lt_s();
			body.if_(BlockType::Empty).unreachable().end();
		}
	}

	fn leave(&mut self, height: Option<u32>) {
		self.save();
		let stack = self.added.stack;
		let mut body = self.out.instructions();
		if let Some(height) = height {
			body.global_get(stack).i32_const(height as i32).i32_add().global_set(stack);
		}
		body.end();
	}

	/// Takes the fuel from the variable.
	fn load(&mut self) {
		self.out.instructions().global_get(self.added.fuel).local_set(self.fuel);
	}

	/// Pays for what is due, within the function.
	fn pay(&mut self) {
		if self.due > 0 {
			self.left();
			self.out.instructions().local_set(self.fuel);
		}
	}

	/// Pays for what is due, and leaves the fuel in the variable.
	fn save(&mut self) {
		self.left();
		self.out.instructions().global_set(self.added.fuel);
	}

	/// What is left when all is paid for.
	fn left(&mut self) {
		let mut body = self.out.instructions();
		body.local_get(self.fuel);
		if self.due > 0 {
			body.i64_const(self.due.into()).i64_sub();
		}
		self.due = 0;
	}

	/// Asks for more if there is none left.
	fn check(&mut self) {
		let mut body = self.out.instructions();
		body.local_get(self.fuel).i64_const(0).i64_lt_s().if_(BlockType::Empty);
		body.local_get(self.fuel).call(self.added.pause).local_set(self.fuel).end();
	}
}
