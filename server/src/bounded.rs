//! Tables of bounded weight, in which what was used least makes way.

use std::hash::Hash;

use quick_cache::{
    OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use crate::crypto::tag::ByTag;

/// A table whose keys are cryptographic hashes. All threads share it.
pub type Bounded<Key, Value, Weight> = Cache<Key, Value, Weight, ByTag>;

/// A table that weighs at most `capacity`, and in which about `items` are expected.
pub fn bounded<Key, Value, Weight>(
    items: u32,
    capacity: u64,
    weight: Weight,
) -> Bounded<Key, Value, Weight>
where
    Key: Eq + Hash,
    Value: Clone,
    Weight: Weighter<Key, Value> + Clone,
{
    let items = usize::try_from(items).unwrap_or(usize::MAX);
    let options = OptionsBuilder::new()
        // One for each core would make the share of each so small that large values do not fit.
        .shards(8)
        .estimated_items_capacity(items)
        .weight_capacity(capacity)
        .build();
    let lifecycle = DefaultLifecycle::default();
    match options {
        Ok(options) => Cache::with_options(options, weight, ByTag, lifecycle),
        // Only where a bound is not given.
        Err(_) => Cache::with(items, capacity, weight, ByTag, lifecycle),
    }
}
