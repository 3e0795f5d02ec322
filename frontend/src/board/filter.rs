//! Which part of the list a page shows: read from the page's address, written into addresses and into the backend's query.
//! Unknown words fall back to the default, because an address is easily mistyped and never dangerous.

use url::form_urlencoded;

use crate::api::Priority;
use crate::local_path::LocalPath;

const PAGE_SIZE: u32 = 50;
/// The backend searches for no more.
const LONGEST_SEARCH: usize = 200;

/// Open tasks, completed ones, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Status {
    /// Still to do.
    #[default]
    Open,
    /// Done.
    Completed,
    /// Both.
    All,
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sort {
    /// Most recently added first.
    #[default]
    Newest,
    /// Added longest ago first.
    Oldest,
    /// Due soonest first, those without a date last.
    Due,
    /// High priority first.
    Priority,
    /// By title.
    Title,
}

impl Status {
    /// In the order of the page.
    pub(super) const ALL: [Self; 3] = [Self::All, Self::Open, Self::Completed];

    /// The word in addresses, here and at the backend.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Completed => "completed",
            Self::All => "all",
        }
    }

    /// The word on the page.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Open => "Incomplete",
            Self::Completed => "Complete",
            Self::All => "All",
        }
    }

    /// What the list holds, inside a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Open => "open tasks",
            Self::Completed => "completed tasks",
            Self::All => "tasks",
        }
    }
}

impl Sort {
    /// In the order of the page.
    pub(super) const ALL: [Self; 5] = [Self::Newest, Self::Oldest, Self::Due, Self::Priority, Self::Title];

    /// The word in addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Due => "due",
            Self::Priority => "priority",
            Self::Title => "title",
        }
    }

    /// The words on the page.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Newest => "Newest first",
            Self::Oldest => "Oldest first",
            Self::Due => "Due date",
            Self::Priority => "Priority",
            Self::Title => "Title",
        }
    }

    fn for_backend(self) -> &'static str {
        match self {
            Self::Newest => "-created_at",
            Self::Oldest => "created_at",
            Self::Due => "due_at",
            Self::Priority => "-priority",
            Self::Title => "title",
        }
    }
}

/// A view of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// Open, completed or both.
    pub status: Status,
    /// Only this priority.
    pub priority: Option<Priority>,
    /// Only tasks that contain this text.
    pub search: String,
    /// The order.
    pub sort: Sort,
    /// Where to go on; empty at the start.
    pub cursor: String,
}

impl Filter {
    /// Reads the query of a page's address.
    pub(super) fn from_query(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "status" => filter.status = Status::ALL.into_iter().find(|it| it.word() == value).unwrap_or_default(),
                "priority" => filter.priority = Priority::from_word(&value),
                "q" => filter.search = value.trim().chars().take(LONGEST_SEARCH).collect(),
                "sort" => filter.sort = Sort::ALL.into_iter().find(|it| it.word() == value).unwrap_or_default(),
                "cursor" => filter.cursor = value.into_owned(),
                _ => {}
            }
        }
        filter
    }

    /// Reads an address of the list.
    pub(super) fn from_path(path: &LocalPath) -> Self {
        Self::from_query(path.as_str().split_once('?').map_or("", |(_, query)| query))
    }

    /// The address of this view; what is as usual does not appear in it.
    pub(super) fn path(&self) -> LocalPath {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let usual = Self::default();
        if self.status != usual.status {
            query.append_pair("status", self.status.word());
        }
        if let Some(priority) = self.priority {
            query.append_pair("priority", priority.word());
        }
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        if self.sort != usual.sort {
            query.append_pair("sort", self.sort.word());
        }
        if !self.cursor.is_empty() {
            query.append_pair("cursor", &self.cursor);
        }
        let query = query.finish();
        let path = if query.is_empty() { "/tasks".to_owned() } else { format!("/tasks?{query}") };
        LocalPath::parse(&path).unwrap_or_else(LocalPath::board)
    }

    /// The same view from its start.
    pub(super) fn start(&self) -> Self {
        self.at(String::new())
    }

    /// The same view from a cursor on.
    pub(super) fn at(&self, cursor: String) -> Self {
        Self { cursor, ..self.clone() }
    }

    /// The same tab with nothing hidden.
    pub(super) fn widened(&self) -> Self {
        Self { status: self.status, sort: self.sort, ..Self::default() }
    }

    /// The nearest view that shows a task just added: whatever would hide it is dropped.
    pub(super) fn with_new_task(&self) -> Self {
        let status = if self.status == Status::Completed { Status::Open } else { self.status };
        Self { status, sort: self.sort, ..Self::default() }
    }

    /// Whether anything but the tab hides tasks.
    pub(super) fn narrows(&self) -> bool {
        self.priority.is_some() || !self.search.is_empty()
    }

    /// The priority that an address asks for and that the form of the page does not offer.
    pub(super) fn unusual_priority(&self) -> Option<Priority> {
        self.priority.filter(|priority| *priority != Priority::High)
    }

    /// The parameters of the backend's list.
    pub(super) fn for_backend(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("status", self.status.word().to_owned()),
            ("sort", self.sort.for_backend().to_owned()),
            ("limit", PAGE_SIZE.to_string()),
        ];
        query.extend(self.priority.map(|priority| ("priority", priority.word().to_owned())));
        query.extend((!self.search.is_empty()).then(|| ("q", self.search.clone())));
        query.extend((!self.cursor.is_empty()).then(|| ("cursor", self.cursor.clone())));
        query
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Sort, Status};
    use crate::api::Priority;

    #[test]
    fn an_address_survives_reading_and_writing() {
        let filter = Filter {
            status: Status::All,
            priority: Some(Priority::High),
            search: "milk & \"honey\" ü".to_owned(),
            sort: Sort::Due,
            cursor: "abc=".to_owned(),
        };
        assert_eq!(Filter::from_path(&filter.path()), filter);
        assert_eq!(Filter::from_path(&filter.start().path()).cursor, "");
    }

    #[test]
    fn the_usual_view_has_the_plain_address() {
        assert_eq!(Filter::default().path().as_str(), "/tasks");
        assert_eq!(Filter::from_query("status=open&priority=&q=&sort=newest").path().as_str(), "/tasks");
    }

    #[test]
    fn a_new_task_is_never_hidden_by_the_view_it_leads_to() {
        let view = Filter::from_query("status=completed&priority=low&q=x&sort=due&cursor=c").with_new_task();
        assert_eq!(view.path().as_str(), "/tasks?sort=due");
        assert_eq!(Filter::from_query("status=all").with_new_task().path().as_str(), "/tasks?status=all");
    }

    #[test]
    fn unknown_words_are_the_usual_view() {
        assert_eq!(Filter::from_query("status=banana&priority=huge&sort=price&page=7&%FF=%00"), Filter::default());
    }

    #[test]
    fn a_search_is_cut_where_the_backend_would_refuse_it() {
        let filter = Filter::from_query(&format!("q={}", "ä".repeat(500)));
        assert_eq!(filter.search.chars().count(), 200);
        assert_eq!(Filter::from_path(&filter.path()), filter);
    }
}
