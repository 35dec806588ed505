//! The `auth-server` binary.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    auth_server::cli::main().await
}
