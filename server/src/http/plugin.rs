//! What a plugin is: routes of its own, and hooks before and after the routes of others. The core knows no plugin; it
//! runs what the enabled ones bring.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
};

use authbackend_crds::auth::AuthSettings;
use warp::reply::Response;

use super::{
    call::Call, cookie::Jar, error::ApiError, rate_limit::PathRule, session::Known, table::Route,
};
use crate::app::App;

/// What comes of a hook in time.
pub type Later<'a> = Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send + 'a>>;

/// A plugin: one constant per folder of `plugins/`, and one line in `plugins.rs`.
pub struct Plugin {
    /// Its name, as better-auth has it.
    pub name: &'static str,
    /// Tag of its endpoints in the OpenAPI document.
    pub tag: &'static str,
    /// Whether the settings want it.
    pub is_enabled: fn(&AuthSettings) -> bool,
    /// Its endpoints.
    pub routes: &'static [Route],
    /// Endpoints to which the settings give another path: the path in `routes`, and the one in use.
    pub moved: fn(&AuthSettings) -> Vec<(&'static str, String)>,
    /// Limits of its own for how often a client may call its endpoints, or others.
    pub rate_limits: &'static [PathRule],
    /// Runs before a handler's parameters are extracted.
    pub before: Option<Before>,
    /// Runs once the handler has answered, be it by an error.
    pub after: Option<After>,
}

/// A hook before the handlers of some routes.
#[derive(Clone, Copy)]
pub struct Before {
    /// The routes.
    pub on: fn(&Route) -> bool,
    /// May change the request; an error is the answer.
    pub run: for<'a> fn(&'a mut Call) -> Later<'a>,
}

/// A hook after the handlers of some routes.
#[derive(Clone, Copy)]
pub struct After {
    /// The routes.
    pub on: fn(&Route) -> bool,
    /// May change the answer, to which cookies are yet to be added; an error takes its place.
    pub run: for<'a> fn(&'a Answered, &'a mut Response) -> Later<'a>,
}

/// What a hook after a handler may look at.
pub struct Answered {
    /// What requests share.
    pub app: Arc<App>,
    /// The cookies of the request and of its response.
    pub jar: Jar,
    /// Whose request it turned out to be.
    pub known: Known,
}

impl Plugin {
    /// A plugin that does nothing yet.
    pub const fn new(name: &'static str, is_enabled: fn(&AuthSettings) -> bool) -> Self {
        Self {
            name,
            tag: name,
            is_enabled,
            routes: &[],
            moved: |_| Vec::new(),
            rate_limits: &[],
            before: None,
            after: None,
        }
    }
}

/// The plugins that the settings want, and what they remember.
pub struct Plugins {
    enabled: Vec<&'static Plugin>,
    memory: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Plugins {
    /// Those of `all` that `settings` want.
    pub fn new(all: &'static [&'static Plugin], settings: &AuthSettings) -> Self {
        let enabled = all.iter().copied();
        Self {
            enabled: enabled
                .filter(|plugin| (plugin.is_enabled)(settings))
                .collect(),
            memory: RwLock::default(),
        }
    }

    /// The endpoints that have another path.
    pub fn moved(&self, settings: &AuthSettings) -> HashMap<&'static str, String> {
        let plugins = self.enabled.iter();
        plugins
            .flat_map(|plugin| (plugin.moved)(settings))
            .collect()
    }

    /// The limits that they bring. Those of the settings go before them, and they before the built-in ones.
    pub fn rate_limits(&self) -> Vec<PathRule> {
        let limits = self.enabled.iter().map(|plugin| plugin.rate_limits);
        limits.flatten().copied().collect()
    }

    /// The hooks before `route`, in the order of the plugins.
    pub fn before(&self, route: &Route) -> impl Iterator<Item = Before> {
        let hooks = self.enabled.iter().filter_map(|plugin| plugin.before);
        hooks.filter(move |hook| (hook.on)(route))
    }

    /// The hooks after `route`, in the order of the plugins.
    pub fn after(&self, route: &Route) -> impl Iterator<Item = After> {
        let hooks = self.enabled.iter().filter_map(|plugin| plugin.after);
        hooks.filter(move |hook| (hook.on)(route))
    }

    /// What a plugin remembers from request to request, of a type of its own; made when it is first asked for.
    pub fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let key = TypeId::of::<T>();
        let known = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known
            .get(&key)
            .and_then(|it| Arc::clone(it).downcast().ok())
        {
            return found;
        }
        drop(known);
        let mut known = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(key).or_insert_with(|| Arc::<T>::default());
        // What is kept under the id of a type is of that type.
        Arc::clone(entry).downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use warp::http::Method;

    use super::*;
    use crate::http::rate_limit::Rule;

    static ON: Plugin = Plugin {
        moved: |_| vec![("/a", "/b".to_owned())],
        rate_limits: &[PathRule {
            applies: |path| path == "/a",
            rule: Rule { window: 60, max: 5 },
        }],
        before: Some(Before {
            on: |route| route.path == "/a",
            run: |_| Box::pin(async { Ok(()) }),
        }),
        ..Plugin::new("on", |_| true)
    };
    static OFF: Plugin = Plugin {
        rate_limits: ON.rate_limits,
        before: ON.before,
        ..Plugin::new("off", |_| false)
    };
    const ROUTE: Route = Route::new(
        Method::GET,
        "/a",
        |_| Box::pin(async { Response::default() }),
        |_| {},
    );

    fn plugins() -> Plugins {
        const ALL: &[&Plugin] = &[&ON, &OFF];
        Plugins::new(ALL, &AuthSettings::default())
    }

    #[test]
    fn the_hooks_of_plugins_that_are_on_run_on_their_routes() {
        let other = Route {
            path: "/c",
            ..ROUTE
        };
        assert_eq!(plugins().before(&ROUTE).count(), 1);
        assert_eq!(plugins().before(&other).count(), 0);
        assert_eq!(plugins().after(&ROUTE).count(), 0);
    }

    #[test]
    fn plugins_that_are_on_limit_requests() {
        let limits = plugins().rate_limits();
        assert_eq!(limits.len(), 1);
        assert!((limits[0].applies)("/a"));
    }

    #[test]
    fn the_settings_may_move_an_endpoint() {
        assert_eq!(plugins().moved(&AuthSettings::default())["/a"], "/b");
    }

    #[test]
    fn what_a_plugin_remembers_is_there_the_next_time() {
        let plugins = plugins();
        plugins.memory::<AtomicU32>().store(7, Ordering::Relaxed);
        assert_eq!(plugins.memory::<AtomicU32>().load(Ordering::Relaxed), 7);
    }
}
