//! Operators that hold graphs or functions, which cannot be compared.

/// None of them equals another.
macro_rules! unequal {
	($operator:ty) => {
		impl PartialEq for $operator {
			fn eq(&self, _: &Self) -> bool {
				false
			}
		}

		impl Eq for $operator {}
	};
}
