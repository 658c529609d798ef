//! How the pallets are configured.

mod consensus;
mod opg;
mod system;
mod utility;
