mod fixture;
mod progress;
mod recovery;
