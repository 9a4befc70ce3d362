//! Runs cases, one line each: `ok NAME` or `failed NAME why`.
//! With a port: suite.rs, against an open server that no one else uses. With `access` too: access.rs.

mod access;
mod client;
mod suite;

use client::{Db, fold, sweep};
use std::future::Future;
use std::panic;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Far above what any case takes: it only names the one that hangs.
const CASE: Duration = Duration::from_secs(30);

pub type Case = (&'static str, Box<dyn Fn(Db) -> Pin<Box<dyn Future<Output = ()> + Send>>>);

/// The functions of a module as cases.
#[macro_export]
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        pub fn cases() -> Vec<$crate::Case> {
            vec![$((stringify!($name), Box::new(|db| Box::pin($name(db))))),*]
        }
    };
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let address = format!("127.0.0.1:{}", arguments.first().expect("a port"));
    let open = arguments.len() == 1;
    let said = Arc::new(Mutex::new(String::new()));
    let heard = said.clone();
    // The task tells that it failed, and only the hook tells why.
    panic::set_hook(Box::new(move |why| *heard.lock().unwrap() = fold(&why.to_string())));
    let mut code = ExitCode::SUCCESS;
    for (name, run) in if open { suite::cases() } else { access::cases() } {
        let db = Db::connect(&address).await;
        if open {
            sweep(&db).await;
        }
        let why = match tokio::time::timeout(CASE, tokio::spawn(run(db))).await {
            Ok(Ok(())) => None,
            Ok(Err(_)) => Some(said.lock().unwrap().clone()),
            Err(_) => Some(format!("nothing after {CASE:?}")),
        };
        match why {
            None => println!("ok {name}"),
            Some(why) => {
                println!("failed {name} {why}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
