//! Findings about the fields of a form, looked up by the field they stand beside.

use crate::api::{FieldError, Problem};

/// What is wrong with a form, field by field.
#[derive(Clone, Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The findings of a problem. One without any gets its own sentence, so that a refusal is never silent.
    pub fn of(problem: Problem) -> Self {
        if !problem.errors.is_empty() {
            return Self(problem.errors);
        }
        let text = match (problem.kind.as_str(), problem.detail) {
            (Problem::KEY_REUSED, _) => {
                "This form was already sent with other content. Look through the list, then send it again if needed."
            }
            (_, Some(detail)) => return Self::one("", &detail),
            _ => "This was not accepted. Please check what you have entered.",
        };
        Self::one("", text)
    }

    /// A single finding; one about no field in particular has an empty field name.
    pub fn one(field: &str, message: &str) -> Self {
        Self(vec![FieldError { field: field.to_owned(), message: message.to_owned() }])
    }

    /// Adds a finding of our own.
    pub fn add(&mut self, field: &str, message: &str) {
        self.0.push(FieldError { field: field.to_owned(), message: message.to_owned() });
    }

    /// Whether there is nothing to complain about.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first finding about a field, as a sentence; `name` is what the page calls the field, such as "The title".
    pub fn at(&self, field: &str, name: &str) -> Option<String> {
        self.0.iter().find(|error| error.field == field).map(|error| sentence(name, &error.message))
    }

    /// Whether anything is wrong with one of these fields.
    pub fn any_of(&self, fields: &[&str]) -> bool {
        self.0.iter().any(|error| fields.contains(&error.field.as_str()))
    }

    /// The findings that stand beside none of these fields, so that a form shows them at its top.
    pub fn beside(&self, fields: &[&str]) -> Vec<String> {
        let others = self.0.iter().filter(|error| !fields.contains(&error.field.as_str()));
        others.map(|error| sentence(&subject(&error.field), &error.message)).collect()
    }
}

/// A field without a place on the page: `due_before` reads "Due before".
fn subject(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => "The input".to_owned(),
    }
}

/// The backend's messages have no subject ("must not be empty"), because a program knows the field; a reader is told.
/// A message that starts like a sentence is one.
fn sentence(name: &str, message: &str) -> String {
    let message = message.trim();
    let complete = message.starts_with(|letter: char| !letter.is_lowercase());
    let text = if complete { message.to_owned() } else { format!("{name} {message}") };
    if text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::FieldErrors;
    use crate::api::Problem;

    #[test]
    fn a_finding_stands_beside_its_field_and_the_rest_at_the_top() {
        let mut errors = FieldErrors::one("title", "must not be empty");
        errors.add("due_before", "is not a date");
        errors.add("", "Nothing was saved");
        assert_eq!(errors.at("title", "The title").as_deref(), Some("The title must not be empty."));
        assert_eq!(errors.at("description", "The description"), None);
        assert_eq!(errors.beside(&["title"]), ["Due before is not a date.", "Nothing was saved."]);
    }

    #[test]
    fn a_refusal_without_words_is_not_silent() {
        assert_eq!(FieldErrors::of(Problem::default()).beside(&[]).len(), 1);
    }
}
