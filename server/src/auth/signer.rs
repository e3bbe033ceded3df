//! The signer of tokens: with the shared secret, or with a private key in PEM.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

use super::key::Algorithm;
use super::{Claims, Rules, TokenError};

/// Signs tokens.
pub struct Signer {
    secret: Signing,
    id: Option<String>,
}

enum Signing {
    Secret(Box<hmac::Key>),
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    /// Signs with a shared secret, for HS256.
    pub fn hs256(secret: &[u8]) -> Self {
        Self { secret: Signing::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))), id: None }
    }

    /// Signs with a private key in PEM (PKCS #8), with the key's own algorithm. `id` is the `kid` of the tokens.
    ///
    /// # Errors
    /// [`TokenError::Signing`] when the text is no such key.
    pub fn of_pem(pem: &str, id: Option<String>) -> Result<Self, TokenError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| TokenError::Signing)?;
        let der = der.secret_pkcs8_der();
        let secret = if let Ok(key) = Ed25519KeyPair::from_pkcs8(der) {
            Signing::Ed25519(key)
        } else if let Ok(key) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            Signing::P256(key)
        } else {
            let key = rsa::KeyPair::from_pkcs8(der).ok().filter(|key| key.public_modulus_len() >= 256);
            Signing::Rsa(key.ok_or(TokenError::Signing)?)
        };
        Ok(Self { secret, id })
    }

    /// Signs a token that keeps these rules.
    ///
    /// # Errors
    /// The claims have a form that would be refused, or the key does not sign.
    pub fn sign(&self, claims: &Claims, rules: &Rules) -> Result<String, TokenError> {
        // Claims are read back first, so that the token has the normalized spelling of names and topics.
        let mut written = Claims::read(&claims.write(), u64::MAX)?.write();
        rules.write(&mut written);
        let mut header = Map::new();
        header.insert("typ".to_owned(), json!("JWT"));
        header.insert("alg".to_owned(), json!(self.algorithm().name()));
        if let Some(id) = &self.id {
            header.insert("kid".to_owned(), json!(id));
        }
        let encode = |part: Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
        let message = format!("{}.{}", encode(header), encode(written));
        let signature = self.signature(message.as_bytes()).ok_or(TokenError::Signing)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    const fn algorithm(&self) -> Algorithm {
        match self.secret {
            Signing::Secret(_) => Algorithm::Hs256,
            Signing::Rsa(_) => Algorithm::Rs256,
            Signing::P256(_) => Algorithm::Es256,
            Signing::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    fn signature(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.secret {
            Signing::Secret(key) => Some(hmac::sign(key, message).as_ref().to_vec()),
            Signing::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
            Signing::P256(key) => Some(key.sign(&random, message).ok()?.as_ref().to_vec()),
            Signing::Ed25519(key) => Some(key.try_sign(message).ok()?.as_ref().to_vec()),
        }
    }
}
