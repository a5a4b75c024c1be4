//! The `thirdtry` program: arguments in, one command, an exit code out.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
