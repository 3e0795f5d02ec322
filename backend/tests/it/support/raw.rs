//! HTTP by hand, for what no well-behaved client sends.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::TestApp;

/// One connection.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(app: &TestApp) -> Self {
        Self(TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap())
    }

    /// The head of a log-in whose body stays away: the server is busy with it until the rest comes.
    pub(crate) async fn half_a_login(app: &TestApp) -> Self {
        let mut raw = Self::connect(app).await;
        raw.send("POST /api/auth/login HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{").await;
        raw
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads up to the end of the head.
    pub(crate) async fn head(&mut self) -> String {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            match self.0.read_u8().await {
                Ok(byte) => read.push(byte),
                Err(_) => break,
            }
        }
        String::from_utf8(read).unwrap()
    }
}
