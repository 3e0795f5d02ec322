//! argon2id itself: what is stored for a password, and whether a password fits what is stored. Works in memory that the
//! caller keeps. Absent on purpose: threads and limits (see password.rs).

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use rand::RngExt as _;

/// OWASP's first recommendation for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The memory of one hash at a time, kept from hash to hash: allocators keep such blocks for each thread that ever freed
/// one, which adds up to hundreds of megabytes.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

/// The text to store for a new password.
pub(super) fn make(memory: &mut Memory, password: &[u8]) -> Result<String, Error> {
    let salt = Salt::new(&rand::rng().random::<[u8; 16]>())?;
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let made = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        hash: Some(compute(memory, Algorithm::Argon2id, Version::V0x13, params, password, &salt)?),
        salt: Some(salt),
    };
    Ok(made.to_string())
}

/// Whether the password is the one that was stored. The parameters are the stored ones, so that they may change.
pub(super) fn fits(memory: &mut Memory, password: &[u8], stored: &str) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Err(Error::PasswordInvalid);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
    let computed = compute(memory, algorithm, version, Params::try_from(&stored)?, password, salt)?;
    // `Output` compares in constant time.
    Ok(computed == *expected)
}

/// A stored text with today's parameters that no password has: salt and hash are all zeros.
pub(super) fn nobody() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn compute(
    memory: &mut Memory,
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &[u8],
    salt: &Salt,
) -> Result<Output, Error> {
    let (blocks, length) = (params.block_count(), params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    if memory.0.len() < blocks {
        memory.0.resize(blocks, Block::new());
    }
    let argon2 = Argon2::new(algorithm, version, params);
    let mut output = [0; Output::MAX_LENGTH];
    let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
    argon2.hash_password_into_with_memory(password, salt, output, &mut memory.0[..blocks])?;
    Ok(Output::new(output)?)
}

#[cfg(test)]
mod tests {
    use argon2::{Argon2, PasswordVerifier};

    use super::{Memory, fits, make, nobody};

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let mut memory = Memory::default();
        let (one, other) = (make(&mut memory, b"correct horse").unwrap(), make(&mut memory, b"correct horse").unwrap());
        assert_ne!(one, other, "every hash has a salt of its own");
        assert!(fits(&mut memory, b"correct horse", &one).unwrap());
        assert!(!fits(&mut memory, b"correct horsf", &one).unwrap());
        assert!(!fits(&mut memory, b"correct horse", &nobody()).unwrap());
    }

    #[test]
    fn what_is_stored_is_what_the_library_would_store() {
        let stored = make(&mut Memory::default(), "pässword".as_bytes()).unwrap();
        assert!(Argon2::default().verify_password("pässword".as_bytes(), stored.as_str()).is_ok(), "{stored}");
        let (ours, nobodys) = (stored.rsplitn(3, '$').nth(2), nobody());
        assert_eq!(nobodys.rsplitn(3, '$').nth(2), ours, "nobody costs as much work as anybody");
    }

    #[test]
    fn a_hash_with_former_parameters_still_fits() {
        let former = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21l$";
        let mut memory = Memory::default();
        for broken in ["", "plain", former, "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21l"] {
            assert!(fits(&mut memory, b"x", broken).is_err(), "{broken}");
        }
        let params = argon2::Params::new(64, 1, 1, None).unwrap();
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let stored = argon2::PasswordHasher::hash_password(&argon2, b"x").unwrap().to_string();
        assert!(fits(&mut memory, b"x", &stored).unwrap());
    }
}
