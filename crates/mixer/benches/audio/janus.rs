//! Janus's side: a process of its own with a configuration of its own, asked over HTTP.
//!
//! Janus tells each participant of every other that joins. Over its Unix sockets it drops what the kernel's queue of ten
//! datagrams has no room for, answers among it; over HTTP what nobody fetches waits in its session.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::exchange;
use crate::{BITRATE_BPS, COMPLEXITY, Outcome, Server};

/// For Janus to listen, and for all to join.
const PATIENCE: Duration = Duration::from_secs(60);
const ROOM: u64 = 1;
/// Janus 1.1.2 loses a race at its start now and then, and ends at once.
const STARTS_MAX: usize = 10;
/// What is shown of its log.
const LOG_LINES: usize = 20;

/// Janus with a room in which all participants are.
pub(crate) struct Janus {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
    ports: Vec<u16>,
    asked: u64,
    deadline: Instant,
}

impl Janus {
    /// One plain-RTP participant for each of these ports on this machine.
    pub(crate) fn start(ports: &[u16]) -> Outcome<Self> {
        // A folder for each, since the last one may still be leaving its own.
        let folder =
            std::env::temp_dir().join(format!("motet-bench-janus-{}-{}", std::process::id(), ports.len()));
        let mut starts = 1;
        loop {
            let mut janus = Self::begin(folder.clone())?;
            if janus.listens()? {
                return match janus.join_all(ports) {
                    Ok(()) => Ok(janus),
                    Err(why) => {
                        Err(janus.trouble(&format!("{} of {} joined; {why}", janus.ports.len(), ports.len())))
                    }
                };
            }
            if starts == STARTS_MAX {
                return Err(janus.trouble("it does not listen"));
            }
            starts += 1;
        }
    }

    fn begin(folder: PathBuf) -> Outcome<Self> {
        // Free until Janus takes it, as far as can be known.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        configure(&folder, address.port())?;
        let log = fs::File::create(folder.join("log"))?;
        let mut janus = Command::new("janus");
        janus.args(["--configs-folder", &folder.to_string_lossy(), "--debug-level", "3"]);
        janus.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = janus.spawn().map_err(|error| format!("janus (apt install janus): {error}"))?;
        let deadline = Instant::now() + PATIENCE;
        Ok(Self { child, folder, address, ports: Vec::new(), asked: 0, deadline })
    }

    /// Waits until it does, or has ended.
    fn listens(&mut self) -> Outcome<bool> {
        while TcpStream::connect(self.address).is_err() {
            if Instant::now() > self.deadline || self.child.try_wait()?.is_some() {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(true)
    }

    /// One after the other, each awaited, before anybody sends. Each has a session to itself, in whose queue its answer is the
    /// first event.
    fn join_all(&mut self, ports: &[u16]) -> Outcome {
        self.deadline = Instant::now() + PATIENCE;
        let handle = self.attach()?.1;
        self.ask(
            &handle,
            json!({ "janus": "message", "body": {
                "request": "create", "room": ROOM, "sampling_rate": 48_000, "allow_rtp_participants": true,
                "audiolevel_event": false, "default_expectedloss": 0
            }}),
        )?;
        for port in ports {
            let (session, handle) = self.attach()?;
            self.ask(&handle, json!({ "janus": "message", "body": {
                "request": "join", "room": ROOM, "codec": "opus", "bitrate": BITRATE_BPS, "quality": COMPLEXITY,
                "rtp": { "ip": "127.0.0.1", "port": port, "payload_type": 111 }
            }}))?;
            let joined = self.next_event(&session)?;
            let port = joined["plugindata"]["data"]["rtp"]["port"].as_u64();
            self.ports.push(u16::try_from(port.ok_or_else(|| format!("no port in {joined}"))?)?);
        }
        Ok(())
    }

    /// The paths of a new session and of its handle.
    fn attach(&mut self) -> Outcome<(String, String)> {
        let created = self.ask("/janus", json!({ "janus": "create" }))?;
        let session = format!("/janus/{}", created["data"]["id"]);
        let attach = json!({ "janus": "attach", "plugin": "janus.plugin.audiobridge" });
        let attached = self.ask(&session, attach)?;
        let handle = format!("{session}/{}", attached["data"]["id"]);
        Ok((session, handle))
    }

    fn ask(&mut self, path: &str, mut question: Value) -> Outcome<Value> {
        self.asked += 1;
        question["transaction"] = json!(format!("bench-{}", self.asked));
        let answer = exchange(self.address, path, Some(&question), self.time_left()?)?;
        if answer["janus"] == "error" { Err(answer.to_string().into()) } else { Ok(answer) }
    }

    /// What a session's queue has first.
    fn next_event(&mut self, session: &str) -> Outcome<Value> {
        loop {
            let event = exchange(self.address, &format!("{session}?maxev=1"), None, self.time_left()?)?;
            // A poll that nothing came for.
            if event["janus"] != "keepalive" {
                return Ok(event);
            }
        }
    }

    fn time_left(&self) -> Outcome<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(format!("not all within {PATIENCE:?}").into()) } else { Ok(left) }
    }

    /// What is wrong, in one line, and the end of the log below it.
    fn trouble(&self, why: &str) -> Box<dyn std::error::Error> {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(LOG_LINES)..];
        format!("{why}\n{}", end.join("\n")).into()
    }
}

impl Server for Janus {
    fn pid(&self) -> u32 {
        self.child.id()
    }

    fn port_of(&self, participant: usize) -> u16 {
        self.ports[participant]
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        // It may have ended by itself; what stays of its folder is in the system's temporary one.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The plugin and the transport that are needed, and no others.
fn configure(folder: &Path, port: u16) -> Outcome {
    fs::create_dir_all(folder)?;
    let unwanted =
        |names: &[&str]| names.iter().map(|name| format!("libjanus_{name}.so")).collect::<Vec<_>>().join(",");
    let plugins = unwanted(&[
        "duktape",
        "echotest",
        "lua",
        "nosip",
        "recordplay",
        "sip",
        "streaming",
        "textroom",
        "videocall",
        "videoroom",
        "voicemail",
    ]);
    let transports = unwanted(&["mqtt", "nanomsg", "pfunix", "rabbitmq", "websockets"]);
    let general = "general: { session_timeout = 0 }\nnat: { ignore_mdns = true }\n";
    let rest =
        format!("plugins: {{ disable = \"{plugins}\" }}\ntransports: {{ disable = \"{transports}\" }}\n");
    fs::write(folder.join("janus.jcfg"), format!("{general}{rest}"))?;
    let http = format!(
        "general: {{ json = \"compact\"\n http = true\n https = false\n ip = \"127.0.0.1\"\n port = {port} }}\n\
         admin: {{ admin_http = false\n admin_https = false }}\n"
    );
    fs::write(folder.join("janus.transport.http.jcfg"), http)?;
    fs::write(folder.join("janus.plugin.audiobridge.jcfg"), "general: { local_ip = \"127.0.0.1\" }\n")?;
    Ok(())
}
