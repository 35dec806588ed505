//! Handlers: plain async functions whose parameters are extractors.

use warp::reply::Response;

use super::{call::Call, error::ApiError, extract::Extract, openapi::Operation, reply::IntoReply};

/// An async function that answers a request.
pub trait Handler<Parameters>: Copy + Send + 'static {
    /// Extracts the parameters and calls the function.
    fn run(self, call: Call) -> impl Future<Output = Response> + Send;

    /// Says what the parameters read and what the function answers.
    fn describe(self, operation: &mut Operation);
}

impl<Function, Outcome, Reply> Handler<()> for Function
where
    Function: Fn() -> Outcome + Copy + Send + 'static,
    Outcome: Future<Output = Result<Reply, ApiError>> + Send,
    Reply: IntoReply,
{
    async fn run(self, call: Call) -> Response {
        drop(call);
        answer(self().await)
    }

    fn describe(self, operation: &mut Operation) {
        Reply::describe(operation);
    }
}

macro_rules! handler {
    ($($parameter:ident: $Extracted:ident),+) => {
        impl<Function, Outcome, Reply, $($Extracted: Extract),+> Handler<($($Extracted,)+)>
            for Function
        where
            Function: Fn($($Extracted),+) -> Outcome + Copy + Send + 'static,
            Outcome: Future<Output = Result<Reply, ApiError>> + Send,
            Reply: IntoReply,
        {
            async fn run(self, mut call: Call) -> Response {
                $(
                    let $parameter = match $Extracted::extract(&mut call).await {
                        Ok(parameter) => parameter,
                        Err(error) => return error.into_response(),
                    };
                )+
                // Returns the database connection before a handler that did not ask for it hashes a password.
                drop(call);
                answer(self($($parameter),+).await)
            }

            fn describe(self, operation: &mut Operation) {
                $($Extracted::describe(operation);)+
                Reply::describe(operation);
            }
        }
    };
}

handler!(a: A);
handler!(a: A, b: B);
handler!(a: A, b: B, c: C);
handler!(a: A, b: B, c: C, d: D);
handler!(a: A, b: B, c: C, d: D, e: E);

fn answer(outcome: Result<impl IntoReply, ApiError>) -> Response {
    match outcome {
        Ok(reply) => reply.into_reply(),
        Err(error) => error.into_response(),
    }
}
