//! Who signs in: a user and a password, from a file or the environment.

use std::fmt;

/// The longest credentials file, in bytes.
pub const MAX_FILE: usize = 4096;

/// A user's name, with or without a domain, and the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    domain: String,
    user: String,
    password: String,
}

/// The reasons credentials cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    #[error("the user name is missing")]
    NoUser,
    #[error("line {line}: expected `username=…`, `password=…` or `domain=…`")]
    BadLine { line: usize },
    #[error("line {line}: {key} is given twice")]
    Twice { line: usize, key: &'static str },
    #[error("the line `{key}=…` is missing")]
    Missing { key: &'static str },
}

impl Credentials {
    /// Creates credentials of `DOMAIN\user`, `user@domain` or `user`, for a domain's or a local account.
    ///
    /// # Errors
    ///
    /// If the user's name is empty.
    pub fn new(user: &str, password: &str) -> Result<Credentials, CredentialsError> {
        let (domain, user) = user.split_once('\\').unwrap_or(("", user));
        if user.trim().is_empty() {
            return Err(CredentialsError::NoUser);
        }
        Ok(Credentials { domain: domain.to_owned(), user: user.trim().to_owned(), password: password.to_owned() })
    }

    /// Reads a credentials file as `mount.cifs` and `smbclient -A` have it: lines `username=`, `password=` and, if wanted, `domain=`.
    /// Lines that are empty or begin with `#` are skipped. A password may contain anything but the end of a line.
    ///
    /// # Errors
    ///
    /// If a line is none of these, or one is missing or given twice. Errors never contain the password.
    pub fn parse(text: &str) -> Result<Credentials, CredentialsError> {
        let (mut user, mut password, mut domain) = (None, None, None);
        for (index, line) in text.lines().enumerate() {
            let start = line.trim_start();
            if start.is_empty() || start.starts_with('#') {
                continue;
            }
            let line = index + 1;
            let (key, value) = start.split_once('=').ok_or(CredentialsError::BadLine { line })?;
            let (slot, key) = match key.trim_end() {
                "username" | "user" => (&mut user, "username"),
                "password" => (&mut password, "password"),
                "domain" => (&mut domain, "domain"),
                _ => return Err(CredentialsError::BadLine { line }),
            };
            // `smbclient` has a space around the sign, `mount.cifs` takes a space as part of the password.
            let value = if start.contains(" = ") { value.strip_prefix(' ').unwrap_or(value) } else { value };
            if slot.replace(value.to_owned()).is_some() {
                return Err(CredentialsError::Twice { line, key });
            }
        }
        let user = user.ok_or(CredentialsError::Missing { key: "username" })?;
        let password = password.ok_or(CredentialsError::Missing { key: "password" })?;
        let mut credentials = Credentials::new(&user, &password)?;
        if let Some(domain) = domain {
            credentials.domain = domain.trim().to_owned();
        }
        Ok(credentials)
    }

    pub(crate) fn domain(&self) -> &str {
        &self.domain
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The password, for other protocols.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The user's name as a directory takes it: `DOMAIN\user`, or `user@domain` for a domain's name in DNS.
    #[must_use]
    pub fn directory_name(&self) -> String {
        if self.domain.contains('.') { format!("{}@{}", self.user, self.domain) } else { self.name() }
    }

    /// The user's name without a domain, and the domain's name in DNS: that of `user@corp.example`, or of a domain that is given so.
    /// A domain's old name, `CORP`, does not lead to its controllers.
    #[must_use]
    pub fn in_domain(&self) -> (String, Option<String>) {
        match self.user.rsplit_once('@') {
            Some((user, domain)) if self.domain.is_empty() => (user.to_owned(), Some(domain.to_owned())),
            _ => (self.user.clone(), Some(self.domain.clone()).filter(|domain| domain.contains('.'))),
        }
    }

    /// The user's name for messages: `DOMAIN\user`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.domain.is_empty() { self.user.clone() } else { format!("{}\\{}", self.domain, self.user) }
    }
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credentials_file_has_a_user_and_a_password() {
        let read = |text: &str| Credentials::parse(text).map(|read| (read.name(), read.password));
        let known = |name: &str, password: &str| Ok((name.to_owned(), password.to_owned()));
        assert_eq!(read("username=admin\npassword=a=b # c\n"), known("admin", "a=b # c"));
        assert_eq!(
            read("# of the servers\nusername = admin\npassword = x\ndomain = CORP\n"),
            known("CORP\\admin", "x")
        );
        assert_eq!(read("username=CORP\\admin\r\npassword=\r\n"), known("CORP\\admin", ""));
        assert_eq!(read("username=admin\npassword= lead"), known("admin", " lead"));
        assert_eq!(read("username=admin"), Err(CredentialsError::Missing { key: "password" }));
        assert_eq!(read("password=x"), Err(CredentialsError::Missing { key: "username" }));
        assert_eq!(read("username=\npassword=x"), Err(CredentialsError::NoUser));
        assert_eq!(read("username=a\nsecret"), Err(CredentialsError::BadLine { line: 2 }));
        assert_eq!(
            read("username=a\npassword=x\npassword=y"),
            Err(CredentialsError::Twice { line: 3, key: "password" })
        );
    }

    #[test]
    fn a_domain_is_known_by_its_name_in_dns() {
        for (user, expected) in [
            ("admin@corp.example", ("admin", Some("corp.example"))),
            ("corp.example\\admin", ("admin", Some("corp.example"))),
            ("CORP\\admin", ("admin", None)),
            ("admin", ("admin", None)),
        ] {
            let (name, domain) = Credentials::new(user, "x").unwrap().in_domain();
            assert_eq!((name.as_str(), domain.as_deref()), expected, "{user}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let credentials = Credentials::new("CORP\\admin", "hunter2").unwrap();
        assert_eq!(format!("{credentials:?}"), "Credentials { name: \"CORP\\\\admin\", .. }");
    }
}
