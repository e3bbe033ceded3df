//! Tests of what a limit counts as one caller: addresses by their network, people by role, company and id.

use switchboard_wire::claims::Role;

use super::*;

fn claims(role: Role, company: Option<&str>, subject: &str) -> Claims {
    Claims {
        subject: subject.to_owned(),
        role,
        company: company.map(str::to_owned),
        name: None,
        topics: None,
        skills: None,
        priority: None,
        scope: None,
        issued_at_ms: None,
        expires_at_s: u64::MAX,
    }
}

fn alice() -> Claims {
    claims(Role::Client, Some("acme"), "alice")
}

fn peer(address: &str) -> Option<Peer> {
    Some(Peer(address.parse().unwrap()))
}

/// Uses up the bad tokens that an address may send at once.
fn wear_out(admission: &Admission, from: &str) {
    while admission.bad_token(peer(from), Time::from_ms(1)).is_ok() {}
}

#[test]
fn addresses_of_one_ipv6_network_count_as_one_and_mapped_ones_as_what_they_are() {
    let admission = Admission::new(&Limits { failures_per_address_per_s: 1, ..Limits::default() });
    wear_out(&admission, "2001:db8:1:2::1");
    wear_out(&admission, "192.0.2.1");
    let bad_token = |from| admission.bad_token(peer(from), Time::from_ms(1));
    assert!(bad_token("2001:db8:1:2:ffff::9").is_err());
    assert!(bad_token("::ffff:192.0.2.1").is_err());
    assert!(bad_token("2001:db8:1:3::1").is_ok());
    assert!(bad_token("192.0.2.2").is_ok());
    assert!(bad_token("127.0.0.1").is_ok());
}

#[test]
fn loopback_is_a_proxy_if_it_is_trusted_and_one_address_if_not() {
    let limits = Limits { sockets_per_address: 1, trust_loopback: true, ..Limits::default() };
    let trusting = Admission::new(&limits);
    let _many: Vec<_> =
        (0..9).map(|n| trusting.admit(&claims(Role::Client, None, &n.to_string()), peer("::1")).unwrap()).collect();
    let strict = Admission::new(&Limits { trust_loopback: false, ..limits });
    let _first = strict.admit(&alice(), peer("127.0.0.1")).unwrap();
    let limited = strict.admit(&alice(), peer("127.0.0.1")).unwrap_err();
    assert_eq!((limited.what, limited.retry_in_ms), ("sockets of this address", 1000));
}

#[test]
fn a_person_is_a_role_a_company_and_an_id() {
    let admission = Admission::new(&Limits { sockets_per_person: 1, ..Limits::default() });
    let people = [
        alice(),
        claims(Role::Employee, Some("acme"), "alice"),
        claims(Role::Client, Some("bolt"), "alice"),
        claims(Role::Client, None, "alice"),
        claims(Role::Client, Some("acme"), "bob"),
    ];
    let passes: Vec<_> = people.iter().map(|person| admission.admit(person, None).unwrap()).collect();
    assert!(people.iter().all(|person| admission.admit(person, None).is_err()));
    drop(passes);
    assert!(admission.admit(&alice(), None).is_ok());
}

#[test]
fn too_many_bad_keys_shut_out_a_good_one_until_it_is_time() {
    let admission = Admission::new(&Limits { failures_per_address_per_s: 1, ..Limits::default() });
    let from = peer("192.0.2.1");
    for _ in 0..100 {
        admission.bad_key(from, Time::from_ms(1));
    }
    let limited = admission.may_try_key(from, Time::from_ms(1)).unwrap_err();
    assert_eq!(limited.retry_after_s(), "1");
    assert!(admission.may_try_key(from, Time::from_ms(1 + limited.retry_in_ms)).is_ok());
    assert!(admission.may_try_key(peer("192.0.2.2"), Time::from_ms(1)).is_ok());
    assert!(admission.bad_token(from, Time::from_ms(1)).is_ok(), "tokens are counted for themselves");
}

#[test]
fn what_a_person_asks_over_http_counts_with_what_their_devices_push() {
    let admission = Admission::new(&Limits { changes_per_person_per_s: 1, ..Limits::default() });
    let (now, pass) = (Time::from_ms(1), admission.admit(&alice(), None).unwrap());
    for _ in 0..10 {
        admission.request(&alice(), now).unwrap();
        admission.grant(&pass, LimitedAction::Change, 0, now).unwrap();
    }
    assert!(
        admission.request(&alice(), now).is_err() && admission.grant(&pass, LimitedAction::Change, 0, now).is_err()
    );
    assert!(admission.request(&claims(Role::Client, Some("acme"), "bob"), now).is_ok());
}

#[test]
fn a_client_begins_twenty_searches_at_once_and_what_begins_none_is_never_refused() {
    let admission = Admission::new(&Limits { searches_per_client_per_s: 1, ..Limits::default() });
    let (now, pass) = (Time::from_ms(1), admission.admit(&alice(), None).unwrap());
    for _ in 0..20 {
        assert_eq!(admission.may_search(&pass, now, || true), Ok(()));
        admission.search_began(&pass, now);
    }
    let limited = admission.may_search(&pass, now, || true).unwrap_err();
    assert_eq!((limited.what, limited.retry_in_ms), ("searches", 1000));
    assert_eq!(admission.may_search(&pass, now, || false), Ok(()));
    assert_eq!(admission.may_search(&pass, Time::from_ms(1001), || true), Ok(()));
    let bob = admission.admit(&claims(Role::Client, Some("acme"), "bob"), None).unwrap();
    assert_eq!(admission.may_search(&bob, now, || true), Ok(()));
}

#[tokio::test]
async fn a_person_waits_for_so_many_answers_whatever_the_number_of_devices() {
    let admission = Admission::new(&Limits::default());
    let passes: Vec<_> = (0..10).map(|_| admission.admit(&alice(), None).unwrap()).collect();
    let mut places = Vec::new();
    for pass in &passes {
        let one_more = async {
            for _ in 0..=UNANSWERED_OF_DEVICE_MAX {
                places.push(pass.place().await);
            }
        };
        assert!(tokio::time::timeout(std::time::Duration::from_millis(5), one_more).await.is_err());
    }
    assert_eq!(places.len(), UNANSWERED_OF_PERSON_MAX);
    let other = admission.admit(&claims(Role::Client, Some("acme"), "bob"), None).unwrap();
    let _not_in_the_way = other.place().await;
    places.truncate(UNANSWERED_OF_PERSON_MAX - 1);
    let _free_again = passes[9].place().await;
}

#[test]
fn a_read_through_a_long_past_counts_as_ten_requests() {
    let admission = Admission::new(&Limits { changes_per_person_per_s: 1, ..Limits::default() });
    let long = || {
        let now = Time::from_ms(1);
        admission.request(&alice(), now).and_then(|()| admission.long_read(&alice(), now))
    };
    assert_eq!((0..2).filter(|_| long().is_ok()).count(), 2, "of twenty requests at once");
    assert!(long().is_err());
}

#[test]
fn a_long_push_counts_for_each_of_its_pieces_and_a_refused_join_for_many() {
    let limits = Limits { messages_per_person_per_s: 1, joins_per_person_per_s: 2, ..Limits::default() };
    let (admission, now) = (Admission::new(&limits), Time::from_ms(1));
    let pass = admission.admit(&alice(), None).unwrap();
    let granted = |wish, bytes| (0..100).take_while(|_| admission.grant(&pass, wish, bytes, now).is_ok()).count();
    assert_eq!(granted(LimitedAction::Message, 5 * PIECE_BYTES), 4);
    admission.grant(&pass, LimitedAction::Join, 0, now).unwrap();
    admission.join_was_refused(&pass, now);
    assert_eq!(granted(LimitedAction::Join, 5 * PIECE_BYTES), 30);
}
