//! The services that better-auth has built in, as data.

mod a_to_f;
pub(super) mod base;
mod extra;
mod g_to_l;
mod m_to_r;
mod s_to_z;

use super::service::Service;

/// Every service.
pub const SERVICES: [&Service; 36] = [
    &a_to_f::APPLE,
    &a_to_f::ATLASSIAN,
    &a_to_f::CLOUDFLARE,
    &a_to_f::COGNITO,
    &a_to_f::DISCORD,
    &a_to_f::DROPBOX,
    &a_to_f::FACEBOOK,
    &a_to_f::FIGMA,
    &g_to_l::GITHUB,
    &g_to_l::GITLAB,
    &g_to_l::GOOGLE,
    &g_to_l::HUGGINGFACE,
    &g_to_l::KAKAO,
    &g_to_l::KICK,
    &g_to_l::LINE,
    &g_to_l::LINEAR,
    &g_to_l::LINKEDIN,
    &m_to_r::MICROSOFT,
    &m_to_r::NAVER,
    &m_to_r::NOTION,
    &m_to_r::PAYBIN,
    &m_to_r::PAYPAL,
    &m_to_r::POLAR,
    &m_to_r::RAILWAY,
    &m_to_r::REDDIT,
    &m_to_r::ROBLOX,
    &s_to_z::SALESFORCE,
    &s_to_z::SLACK,
    &s_to_z::SPOTIFY,
    &s_to_z::TIKTOK,
    &s_to_z::TWITCH,
    &s_to_z::TWITTER,
    &s_to_z::VERCEL,
    &s_to_z::VK,
    &s_to_z::WECHAT,
    &s_to_z::ZOOM,
];

/// The service `id`.
pub fn find(id: &str) -> Option<&'static Service> {
    SERVICES.into_iter().find(|service| service.id == id)
}

#[cfg(test)]
mod tests {
    use authbackend_crds::auth::PROVIDER_IDS;

    use super::*;

    #[test]
    fn the_catalog_holds_the_services_that_settings_may_name() {
        assert_eq!(SERVICES.map(|service| service.id), PROVIDER_IDS);
    }
}
