//! Tokens as those write them who want to be let in for what they are not: each is refused, or read just as it says.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use switchboard_wire::claims::Role;

use super::*;

const SECRET: &[u8] = b"an honest secret of 32 bytes....";
const NOW_MS: u64 = 1_700_000_000_000;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const CLAIMS: &str = r#"{"sub":"ann","role":"client","exp":1700000060}"#;

fn b64(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Signed with the secret, whatever it says.
fn signed(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    sealed(&format!("{}.{}", b64(header), b64(claims)))
}

fn sealed(message: &str) -> String {
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), message.as_bytes());
    format!("{message}.{}", b64(signature.as_ref()))
}

fn read(token: &str) -> Result<Claims, TokenError> {
    Keyring::hs256(SECRET).verify(token, NOW_MS)
}

fn assert_refused(tokens: impl IntoIterator<Item = (String, String)>) {
    for (name, token) in tokens {
        let found = read(&token);
        assert!(found.is_err(), "{name}: {found:?}");
    }
}

/// The claims with that one in them.
fn with(claim: &str, value: &Value) -> String {
    let mut claims: Value = serde_json::from_str(CLAIMS).unwrap();
    claims[claim] = value.clone();
    if claim != "role" && (claim == "scope" || claim == "company") {
        claims["role"] = json!("admin");
    }
    if claim == "role" || claim == "scope" {
        claims["company"] = json!("acme");
    }
    claims.to_string()
}

#[test]
fn an_algorithm_is_that_of_a_key_by_its_one_name() {
    let named = |alg: Value| (format!("alg {alg}"), signed(json!({ "alg": alg }).to_string(), CLAIMS));
    let words = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "hs256",
        "Hs256",
        "HS256 ",
        " HS256",
        "HS256\u{0}",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "Ed448",
        "A128KW",
        "dir",
        "\u{ff28}S256",
    ];
    assert_refused(words.into_iter().map(|word| named(json!(word))));
    assert_refused([json!(null), json!(256), json!(true), json!(["HS256"]), json!({"HS256": 1})].map(named));
}

#[test]
fn a_header_is_an_object_that_names_an_algorithm_and_nothing_that_must_be_understood() {
    let whole = |header: &str| (header.to_owned(), signed(header, CLAIMS));
    assert_refused(
        [
            "{}",
            r#"{"typ":"JWT"}"#,
            r#"{"alg":"HS256","alg":"none"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            r#"{"alg":"HS256","crit":[]}"#,
            r#"{"alg":"HS256","crit":null}"#,
            r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
            r#"["HS256"]"#,
            r#""HS256""#,
            "null",
            "",
            "HS256",
            "{'alg':'HS256'}",
            r#"{"alg":"HS256",}"#,
            r#"{"alg":"HS256"} "x""#,
            r#"{"alg":"HS256"}{}"#,
            "\u{feff}{\"alg\":\"HS256\"}",
        ]
        .map(whole),
    );
    let unsigned = |alg: &str| {
        let message = format!("{}.{}", b64(json!({ "alg": alg }).to_string()), b64(CLAIMS));
        [(format!("{alg} without a signature"), format!("{message}.")), (format!("{alg} alone"), message)]
    };
    assert_refused(
        ["none", "None", "HS256", "HS384", "RS256", "PS256", "ES256", "EdDSA"].into_iter().flat_map(unsigned),
    );
}

#[test]
fn what_else_a_header_names_leads_nowhere() {
    for (field, value) in [
        ("kid", json!("../../dev/null")),
        ("kid", json!("' OR 1=1; --")),
        ("kid", json!("")),
        ("kid", json!("k\u{0}")),
        ("kid", json!("k".repeat(100_000))),
        ("kid", json!(null)),
        ("kid", json!(7)),
        ("kid", json!(["k"])),
        ("jwk", json!({"kty": "oct", "k": "AAAA"})),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/cert")),
        ("x5c", json!(["AAAA"])),
        ("typ", json!("at+jwt")),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("b64", json!(false)),
    ] {
        let mut header: Value = serde_json::from_str(HEADER).unwrap();
        header[field] = value;
        assert_eq!(
            read(&signed(header.to_string(), CLAIMS)).map(|claims| claims.subject),
            Ok("ann".to_owned()),
            "{field}"
        );
        let forged = signed(header.to_string(), CLAIMS).rsplit_once('.').unwrap().0.to_owned() + "." + &b64([0; 32]);
        assert_eq!(read(&forged), Err(TokenError::Signature), "{field}");
    }
    let last_counts = signed(r#"{"alg":"none","alg":"HS256"}"#, CLAIMS);
    assert!(read(&last_counts).is_ok(), "of a field twice the last counts (RFC 7515, 4)");
}

#[test]
fn a_token_has_three_parts_each_written_in_one_way() {
    let good = signed(HEADER, CLAIMS);
    assert!(read(&good).is_ok());
    let parts: Vec<_> = good.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("{good}") };
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut tokens: Vec<String> =
        ["", ".", "..", "...", "a", "a.b", "a.b.c", "Bearer", "null", "{}"].map(str::to_owned).into();
    tokens.extend([
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        format!("{header}.{header}.{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{claims}.{header}.{signature}"),
        format!("{good} "),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}\0"),
        good.replace('.', ". "),
        good.replace('.', ".."),
        good.to_uppercase(),
        format!("{header}.{claims}.{signature}="),
        format!("{header}.{claims}.{}", URL_SAFE.encode(&raw)),
        format!("{header}.{claims}.{}", &signature[..42]),
        format!("{header}.{claims}.{}", b64(&raw[..31])),
        format!("{header}.{claims}.{}", b64([raw.as_slice(), b"x"].concat())),
        format!("{header}.{claims}.{}", b64(raw.iter().rev().copied().collect::<Vec<_>>())),
        format!("{header}.{claims}.{}", b64([0; 32])),
        sealed(&format!("{header}=.{claims}")),
        sealed(&format!("{header}.{claims}=")),
        sealed(&format!(
            "{header}.{}",
            STANDARD.encode(r#"{"sub":"ann","role":"client","exp":1700000060,"x":"?????>"}"#)
        )),
        sealed(&format!("{header}.{claims}\n")),
        sealed(&format!("{}.{header}.{claims}", b64("{}"))),
    ]);
    // The bits behind the last letter of a signature: another text of the same bytes would be another token.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).unwrap();
    for other in 1..4 {
        let letter = alphabet.chars().nth(place ^ other).unwrap();
        tokens.push(format!("{header}.{claims}.{}{letter}", &signature[..signature.len() - 1]));
    }
    assert_refused(tokens.into_iter().map(|token| (format!("{token:?}"), token)));
}

#[test]
fn claims_are_an_object_of_json_and_nothing_else() {
    let deep = format!(
        r#"{{"sub":"ann","role":"client","exp":1700000060,"x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let mut texts: Vec<Vec<u8>> = [
        "",
        "null",
        "7",
        "[]",
        "\"ann\"",
        "{",
        "{}",
        "{\"sub\":",
        "{'sub':'ann'}",
        "{\"sub\":\"ann\",}",
        "\u{feff}{\"sub\":\"ann\",\"role\":\"client\",\"exp\":1700000060}",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":1700000060}x",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":1700000060}{}",
        "/* */{\"sub\":\"ann\",\"role\":\"client\",\"exp\":1700000060}",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":NaN}",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":Infinity}",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":0x65539c7c}",
        "{\"sub\":\"ann\",\"role\":\"client\",\"exp\":1e999}",
        "{\"sub\":\"\\ud800\",\"role\":\"client\",\"exp\":1700000060}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    texts.push(deep.into_bytes());
    texts.push(b"{\"sub\":\"ann\xff\",\"role\":\"client\",\"exp\":1700000060}".to_vec());
    texts.push(CLAIMS.encode_utf16().flat_map(u16::to_le_bytes).collect());
    assert_refused(
        texts
            .into_iter()
            .map(|text| (String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned(), signed(HEADER, &text))),
    );
    let twice = signed(HEADER, r#"{"sub":"eve","role":"admin","sub":"ann","role":"client","exp":1,"exp":1700000060}"#);
    let claims = read(&twice).unwrap();
    assert_eq!(
        (claims.subject.as_str(), claims.role),
        ("ann", Role::Client),
        "of a claim twice the last counts (RFC 7519, 4)"
    );
}

#[test]
fn a_time_is_a_number_and_counts_as_it_is() {
    for exp in [
        json!(0),
        json!(-1),
        json!(-1e300),
        json!(1_699_999_999),
        json!("1700000060"),
        json!(true),
        json!([1_700_000_060]),
        json!(null),
        json!({}),
        json!(1e-300),
    ] {
        assert!(read(&signed(HEADER, with("exp", &exp))).is_err(), "exp {exp}");
    }
    for exp in [json!(1_700_000_060.5), json!(1e300), json!(u64::MAX), json!(18_446_744_073_709_551_616.0)] {
        assert!(read(&signed(HEADER, with("exp", &exp))).is_ok(), "exp {exp}");
    }
    for nbf in [json!(1_700_000_006), json!(1e300), json!(u64::MAX), json!("0"), json!(true), json!([0]), json!({})] {
        assert!(read(&signed(HEADER, with("nbf", &nbf))).is_err(), "nbf {nbf}");
    }
    for nbf in [json!(0), json!(-1), json!(-1e300), json!(1_699_999_999.9), json!(null)] {
        assert!(read(&signed(HEADER, with("nbf", &nbf))).is_ok(), "nbf {nbf}");
    }
    for iat in [json!("1"), json!(true), json!([1])] {
        assert!(read(&signed(HEADER, with("iat", &iat))).is_err(), "iat {iat}");
    }
}

#[test]
fn a_role_a_company_a_subject_and_a_scope_are_the_words_that_they_look_like_or_none() {
    let not_words = [json!(["admin"]), json!(1), json!(true), json!({"admin": 1})];
    let roles = [
        "Admin",
        "ADMIN",
        " admin",
        "admin ",
        "admin\n",
        "admin\u{0}",
        "administrator",
        "",
        "\u{430}dmin",
        "adm\u{131}n",
        "root",
        "*",
        "client,admin",
    ];
    for role in roles.map(|role| json!(role)).into_iter().chain(not_words.clone()).chain([json!(null)]) {
        assert!(read(&signed(HEADER, with("role", &role))).is_err(), "role {role}");
    }
    let ids = [
        "",
        ".",
        "..",
        "/",
        "../acme",
        "acme/globex",
        "acme%2f",
        "%61cme",
        " acme",
        "acme ",
        "acme\n",
        "acme\u{0}",
        "acme:globex",
        "\u{430}cme",
        "acm\u{e9}",
        "acme*",
        "acme,globex",
    ];
    let long = "a".repeat(129);
    for claim in ["company", "sub"] {
        for id in ids.into_iter().chain([long.as_str()]).map(|id| json!(id)).chain(not_words.clone()) {
            assert!(read(&signed(HEADER, with(claim, &id))).is_err(), "{claim} {id}");
        }
    }
    assert!(
        read(&signed(HEADER, with("sub", &json!(null)))).is_err()
            && read(&signed(HEADER, with("company", &json!(null)))).is_err()
    );
    let scopes = ["Manage", "MANAGE", "manage ", "read operate", "read,manage", "*", "", "all", "m\u{430}nage"];
    for scope in scopes.map(|scope| json!(scope)).into_iter().chain(not_words) {
        assert!(read(&signed(HEADER, with("scope", &scope))).is_err(), "scope {scope}");
    }
    let admin = read(&signed(HEADER, with("scope", &json!("manage")))).unwrap();
    assert_eq!(
        (admin.role, admin.scope, admin.company.as_deref()),
        (Role::Admin, Some(switchboard_wire::Scope::Manage), Some("acme"))
    );
}
