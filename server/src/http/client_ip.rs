//! The address of the client, from the headers that proxies set. The socket's own address is the proxy's.

use std::net::{IpAddr, Ipv6Addr};

use authbackend_crds::auth::IpAddress;
use warp::http::HeaderMap;

use super::content_type::latin_1;

/// How the address of a client is found.
pub struct ClientIp {
    headers: Vec<String>,
    trusted_proxies: Vec<Network>,
    ipv6_subnet: u8,
    disabled: bool,
}

/// An address with the length of its prefix in bits.
#[derive(Clone, Copy)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl ClientIp {
    /// As the settings say; they have been validated, so that every network among them is one.
    pub fn new(settings: &IpAddress) -> Self {
        let proxies = settings.trusted_proxies.iter().flatten();
        Self {
            headers: settings.ip_address_headers(),
            trusted_proxies: proxies.filter_map(|proxy| Network::parse(proxy)).collect(),
            ipv6_subnet: settings.ipv6_subnet(),
            disabled: settings.disable_ip_tracking.unwrap_or(false),
        }
    }

    /// The address of the client that sent `headers`, or none that can be trusted. IPv4 as usual; IPv6 in
    /// full, cut to the configured prefix.
    pub fn find(&self, headers: &HeaderMap) -> Option<String> {
        if self.disabled {
            return None;
        }
        self.headers
            .iter()
            .find_map(|name| self.find_in(&joined(headers, name)))
    }

    fn find_in(&self, value: &str) -> Option<String> {
        let mut addresses = value
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty());
        if self.trusted_proxies.is_empty() {
            // Whoever is behind several addresses may have written the first ones himself.
            let only = addresses.next().filter(|_| addresses.next().is_none())?;
            return Some(self.format(parse(only)?));
        }
        for address in addresses.rev() {
            let address = parse(address)?;
            if !self
                .trusted_proxies
                .iter()
                .any(|network| network.contains(address))
            {
                return Some(self.format(address));
            }
        }
        None
    }

    fn format(&self, address: IpAddr) -> String {
        match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let masked = Ipv6Addr::from_bits(address.to_bits() & mask(self.ipv6_subnet));
                masked
                    .segments()
                    .map(|group| format!("{group:04x}"))
                    .join(":")
            }
        }
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address = parse(address)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(longest), |prefix| {
            // Digits only: the parser would take a sign.
            let is_number = prefix.bytes().all(|byte| byte.is_ascii_digit());
            prefix.parse().ok().filter(|_| is_number)
        })?;
        (prefix <= longest).then_some(Self { address, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = mask(self.prefix + 96);
                (u128::from(own.to_bits()) ^ u128::from(other.to_bits())) & mask == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()) & mask(self.prefix) == 0
            }
            _ => false,
        }
    }
}

/// The first `prefix` bits of 128.
fn mask(prefix: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(prefix.min(128)))
        .unwrap_or(0)
}

/// An address; IPv4 also where it is written as IPv6 (`::ffff:192.0.2.1`).
fn parse(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .ok()
        .map(|address| address.to_canonical())
}

/// All values of a header in one list. What is no address stays in it, for it makes the list as little trusted as an
/// address would.
fn joined(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(latin_1);
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn find(settings: &str, forwarded: &[&str]) -> Option<String> {
        let settings: IpAddress = serde_json::from_str(settings).unwrap();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        headers.append("cf-connecting-ip", "9.9.9.9".parse().unwrap());
        ClientIp::new(&settings).find(&headers)
    }

    #[test]
    fn without_trusted_proxies_only_a_single_address_is_believed() {
        for (forwarded, expected) in [
            (&["1.2.3.4"][..], Some("1.2.3.4")),
            (&[" 1.2.3.4 "], Some("1.2.3.4")),
            (&["1.2.3.4,"], Some("1.2.3.4")),
            (&["1.2.3.4, 5.6.7.8"], None),
            (&["1.2.3.4", "5.6.7.8"], None),
            (&["unknown"], None),
            (&["1.2.3.4:80"], None),
            (&["[2001:db8::1]"], None),
            (&["01.2.3.4"], None),
            (&["fe80::1%eth0"], None),
            (&[], None),
        ] {
            assert_eq!(find("{}", forwarded).as_deref(), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn with_trusted_proxies_the_last_address_that_is_none_of_theirs_counts() {
        let settings = r#"{"trustedProxies": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]}"#;
        for (forwarded, expected) in [
            (&["1.2.3.4, 10.1.2.3"][..], Some("1.2.3.4")),
            (&["6.6.6.6, 1.2.3.4, 10.1.2.3, 192.0.2.7"], Some("1.2.3.4")),
            (&["1.2.3.4, 2001:db8::5"], Some("1.2.3.4")),
            (&["1.2.3.4, ::ffff:10.1.2.3"], Some("1.2.3.4")),
            (&["1.2.3.4, 192.0.2.8"], Some("192.0.2.8")),
            (&["10.1.2.3"], None),
            (&["1.2.3.4, nonsense, 10.1.2.3"], None),
            (&["1.2.3.4"], Some("1.2.3.4")),
        ] {
            assert_eq!(
                find(settings, forwarded).as_deref(),
                expected,
                "{forwarded:?}"
            );
        }
    }

    #[test]
    fn ipv6_addresses_are_written_in_full_and_cut_to_the_prefix() {
        for (settings, forwarded, expected) in [
            (
                "{}",
                "2001:DB8:1:2:3::4",
                "2001:0db8:0001:0002:0000:0000:0000:0000",
            ),
            (
                r#"{"ipv6Subnet": 48}"#,
                "2001:db8:1:2::",
                "2001:0db8:0001:0000:0000:0000:0000:0000",
            ),
            (
                r#"{"ipv6Subnet": 56}"#,
                "2001:db8:1:1ff::",
                "2001:0db8:0001:0100:0000:0000:0000:0000",
            ),
            (
                r#"{"ipv6Subnet": 128}"#,
                "::1",
                "0000:0000:0000:0000:0000:0000:0000:0001",
            ),
            ("{}", "::ffff:1.2.3.77", "1.2.3.77"),
            ("{}", "::FFFF:0102:034D", "1.2.3.77"),
        ] {
            assert_eq!(
                find(settings, &[forwarded]).as_deref(),
                Some(expected),
                "{forwarded}"
            );
        }
    }

    #[test]
    fn the_configured_headers_are_looked_at_in_their_order() {
        let settings =
            r#"{"ipAddressHeaders": ["x-real-ip", "cf-connecting-ip", "x-forwarded-for"]}"#;
        assert_eq!(find(settings, &["1.2.3.4"]).as_deref(), Some("9.9.9.9"));
    }

    #[test]
    fn no_address_is_kept_when_tracking_is_off() {
        assert_eq!(find(r#"{"disableIpTracking": true}"#, &["1.2.3.4"]), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_harm_and_gives_an_address_or_none(
            value in any::<Vec<u8>>(),
            proxies in any::<bool>(),
        ) {
            let settings = if proxies { r#"{"trustedProxies": ["10.0.0.0/8", "::/0"]}"# } else { "{}" };
            let settings: IpAddress = serde_json::from_str(settings).unwrap();
            if let Ok(value) = warp::http::HeaderValue::from_bytes(&value) {
                let mut headers = HeaderMap::new();
                headers.insert("x-forwarded-for", value);
                let found = ClientIp::new(&settings).find(&headers);
                prop_assert!(found.is_none_or(|address| address.parse::<IpAddr>().is_ok()));
            }
        }

        #[test]
        fn the_last_address_before_trusted_proxies_is_the_client(
            client: Ipv4Addr, forged in prop::collection::vec(any::<Ipv4Addr>(), 0..4), hops in 0_u8..4,
        ) {
            prop_assume!(client.octets()[0] != 10);
            let forged = forged.iter().map(ToString::to_string);
            let hops = (0..hops).map(|hop| format!("10.0.0.{hop}"));
            let chain: Vec<_> = forged.chain([client.to_string()]).chain(hops).collect();
            let found = find(r#"{"trustedProxies": ["10.0.0.0/8"]}"#, &[&chain.join(", ")]);
            prop_assert_eq!(found, Some(client.to_string()));
        }

        #[test]
        fn any_text_is_a_network_or_none(text in ".{0,24}") {
            let _harmless = Network::parse(&text);
        }
    }
}
