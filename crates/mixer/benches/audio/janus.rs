//! Janus's side: a process of its own with a configuration of its own, asked over a Unix socket.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{BITRATE_BPS, COMPLEXITY, Outcome, Server};

const PATIENCE: Duration = Duration::from_secs(60);
const ROOM: u64 = 1;
/// Janus 1.1.2 loses a race with its own socket thread now and then, and ends at once.
const STARTS_MAX: usize = 10;

/// Janus with a room in which all participants are.
pub(crate) struct Janus {
    child: Child,
    folder: PathBuf,
    ports: Vec<u16>,
}

impl Janus {
    /// One plain-RTP participant for each of these ports on this machine.
    pub(crate) fn start(ports: &[u16]) -> Outcome<Self> {
        // A folder for each, since the last one may still be leaving its own.
        let folder =
            std::env::temp_dir().join(format!("motet-bench-janus-{}-{}", std::process::id(), ports.len()));
        let mut trouble = String::new();
        for _ in 0..STARTS_MAX {
            configure(&folder)?;
            let mut janus = Self { child: begin(&folder)?, folder: folder.clone(), ports: Vec::new() };
            match Talk::begin(&mut janus.child, &folder, 0) {
                Ok(_) => {
                    janus.join_all(ports)?;
                    return Ok(janus);
                }
                Err(error) => trouble = error.to_string(),
            }
        }
        Err(trouble.into())
    }

    /// Each participant has a socket and a session to itself: Janus tells every one of all others, and drops what a
    /// socket's short queue has no room for.
    fn join_all(&mut self, ports: &[u16]) -> Outcome {
        for port in ports {
            let mut talk = Talk::begin(&mut self.child, &self.folder, *port)?;
            let session = talk.ask(json!({ "janus": "create" }), &[])?["data"]["id"].clone();
            self.ports.push(join(&mut talk, &session, *port)?);
        }
        Ok(())
    }
}

fn begin(folder: &Path) -> Outcome<Child> {
    let log = fs::File::create(folder.join("log"))?;
    let mut janus = Command::new("janus");
    janus.args(["--configs-folder", &folder.to_string_lossy(), "--debug-level", "3"]);
    janus.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(janus.spawn().map_err(|error| format!("janus (apt install janus): {error}"))?)
}

fn join(talk: &mut Talk, session: &Value, port: u16) -> Outcome<u16> {
    let session = ("session_id", session.clone());
    let attach = json!({ "janus": "attach", "plugin": "janus.plugin.audiobridge" });
    let handle = ("handle_id", talk.ask(attach, std::slice::from_ref(&session))?["data"]["id"].clone());
    let at = [session, handle];
    // A second creation is refused, which does no harm.
    let create = json!({
        "request": "create", "room": ROOM, "sampling_rate": 48_000, "allow_rtp_participants": true,
        "audiolevel_event": false, "default_expectedloss": 0
    });
    talk.ask(json!({ "janus": "message", "body": create }), &at)?;
    let join = json!({
        "request": "join", "room": ROOM, "codec": "opus", "bitrate": BITRATE_BPS, "quality": COMPLEXITY,
        "rtp": { "ip": "127.0.0.1", "port": port, "payload_type": 111 }
    });
    let joined = talk.ask(json!({ "janus": "message", "body": join }), &at)?;
    let port = joined["plugindata"]["data"]["rtp"]["port"].as_u64();
    Ok(u16::try_from(port.ok_or_else(|| format!("no port in {joined}"))?)?)
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
fn configure(folder: &Path) -> Outcome {
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
    let transports = unwanted(&["http", "mqtt", "nanomsg", "rabbitmq", "websockets"]);
    let general = "general: { session_timeout = 0 }\nnat: { ignore_mdns = true }\n";
    let rest =
        format!("plugins: {{ disable = \"{plugins}\" }}\ntransports: {{ disable = \"{transports}\" }}\n");
    fs::write(folder.join("janus.jcfg"), format!("{general}{rest}"))?;
    let socket = folder.join("janus.socket");
    let pfunix = format!(
        "general: {{ enabled = true\n json = \"compact\"\n path = \"{}\"\n type = \"SOCK_DGRAM\" }}\nadmin: {{ admin_enabled = false }}\n",
        socket.display()
    );
    fs::write(folder.join("janus.transport.pfunix.jcfg"), pfunix)?;
    fs::write(folder.join("janus.plugin.audiobridge.jcfg"), "general: { local_ip = \"127.0.0.1\" }\n")?;
    Ok(())
}

/// Questions and answers.
struct Talk {
    socket: UnixDatagram,
    answers: Receiver<Value>,
    asked: u64,
    log: PathBuf,
}

impl Talk {
    /// `port` makes the socket's name unlike that of others.
    fn begin(janus: &mut Child, folder: &Path, port: u16) -> Outcome<Self> {
        let socket = UnixDatagram::bind(folder.join(format!("bench-{port}.socket")))?;
        let deadline = Instant::now() + PATIENCE;
        while let Err(error) = socket.connect(folder.join("janus.socket")) {
            if Instant::now() > deadline || janus.try_wait()?.is_some() {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(format!("janus does not listen: {error}\n{log}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let (sender, answers) = channel();
        let reader = socket.try_clone()?;
        // Janus waits for whoever does not read, and tells every participant of every other.
        thread::spawn(move || {
            let mut message = vec![0; 1 << 16];
            while let Ok(len) = reader.recv(&mut message) {
                let Ok(answer) = serde_json::from_slice(&message[..len]) else { continue };
                // Read on when the questions are answered, so that Janus never waits.
                let _ = sender.send(answer);
            }
        });
        Ok(Self { socket, answers, asked: 0, log: folder.join("log") })
    }

    /// Asks, and waits for the answer behind the acknowledgement.
    fn ask(&mut self, mut question: Value, at: &[(&str, Value)]) -> Outcome<Value> {
        self.asked += 1;
        let transaction = format!("bench-{}", self.asked);
        question["transaction"] = json!(transaction);
        for (name, id) in at {
            question[name] = id.clone();
        }
        self.socket.send(question.to_string().as_bytes())?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self.answers.recv_timeout(left).map_err(|_| {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                format!("no answer to {question}\n{log}")
            })?;
            if answer["transaction"] != json!(transaction) || answer["janus"] == "ack" {
                continue;
            }
            return if answer["janus"] == "error" { Err(answer.to_string().into()) } else { Ok(answer) };
        }
    }
}
