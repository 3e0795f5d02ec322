//! What a task holds, as the client knows it, and the digest by which two such contents are compared. Absent on purpose:
//! ids and timestamps, which the server chooses.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The part of a task that clients write, and that the server must give back unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    pub title: String,
    pub description: String,
    pub priority: String,
    pub due_at: Option<String>,
    pub completed: bool,
}

/// A partial update, in the form in which `PATCH` takes it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Change {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
}

/// SHA-256 over a content.
pub type Digest = [u8; 32];

impl Content {
    /// The content after an update.
    pub fn changed(&self, change: &Change) -> Self {
        Self {
            title: change.title.clone().unwrap_or_else(|| self.title.clone()),
            description: self.description.clone(),
            priority: change.priority.map_or_else(|| self.priority.clone(), str::to_owned),
            due_at: change.due_at.clone().or_else(|| self.due_at.clone()),
            completed: change.completed.unwrap_or(self.completed),
        }
    }

    /// Equal digests mean equal contents. A due date counts as the moment it names, not as its spelling.
    pub fn digest(&self) -> Digest {
        let due = self.due_at.as_deref().map(|text| {
            OffsetDateTime::parse(text, &Rfc3339)
                .map_or_else(|_| text.to_owned(), |moment| moment.unix_timestamp_nanos().to_string())
        });
        let completed = if self.completed { "completed" } else { "open" };
        let mut hash = Sha256::new();
        // Each field is preceded by its length, so that no two contents run together into the same bytes.
        let fields = [&self.title, &self.description, &self.priority, completed, due.as_deref().unwrap_or("")];
        for field in fields {
            hash.update((field.len() as u64).to_le_bytes());
            hash.update(field.as_bytes());
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content {
            title: "buy milk".to_owned(),
            description: "load 1".to_owned(),
            priority: "low".to_owned(),
            due_at: Some("2026-03-01T10:00:00Z".to_owned()),
            completed: false,
        }
    }

    #[test]
    fn every_field_moves_the_digest() {
        let base = content();
        let others = [
            base.changed(&Change { title: Some("buy milk!".to_owned()), ..Change::default() }),
            base.changed(&Change { priority: Some("high"), ..Change::default() }),
            base.changed(&Change { due_at: Some("2026-03-01T10:00:01Z".to_owned()), ..Change::default() }),
            base.changed(&Change { completed: Some(true), ..Change::default() }),
            Content { description: "load 2".to_owned(), ..base.clone() },
            Content { due_at: None, ..base.clone() },
        ];
        for other in others {
            assert_ne!(base.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn the_same_moment_in_another_spelling_is_the_same_content() {
        let other = Content { due_at: Some("2026-03-01T11:00:00.000+01:00".to_owned()), ..content() };
        assert_eq!(content().digest(), other.digest());
    }
}
