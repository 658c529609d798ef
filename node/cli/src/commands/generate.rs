//! `opg completions` and `opg man`: made from the definitions of the commands.

use super::Session;
use crate::Cli;
use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use serde_json::json;
use std::{fs, io::stdout, path::PathBuf};

/// Arguments of `opg completions`.
#[derive(Args)]
pub(crate) struct Completions {
	/// Shell that completes.
	shell: Shell,
}

impl Completions {
	pub(crate) fn run(&self) {
		clap_complete::generate(self.shell, &mut Cli::command(), "opg", &mut stdout());
	}
}

/// Arguments of `opg man`.
#[derive(Args)]
pub(crate) struct Man {
	/// Folder for the pages, such as /usr/local/share/man/man1. It is made if it is missing.
	#[arg(value_name = "DIR")]
	folder: PathBuf,
}

impl Man {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let failed = || format!("cannot write pages to {}", self.folder.display());
		fs::create_dir_all(&self.folder).with_context(failed)?;
		clap_mangen::generate_to(Cli::command(), &self.folder).with_context(failed)?;
		session.output.result(
			format_args!("pages in {}; read one with: man -l FILE", self.folder.display()),
			|| json!({ "folder": self.folder.display().to_string() }),
		);
		Ok(())
	}
}
