mod conditions;
mod golden;
mod jobs;
mod lifecycle;
mod migration_space;
mod model;
mod pods;
mod world;
