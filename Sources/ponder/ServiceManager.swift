import CLinux
import Glibc

/// systemd, where it started the process: the sockets that it hands over, and what it likes to hear.
///
/// See sd_listen_fds(3) and sd_notify(3); neither needs its library.
struct ServiceManager: Sendable {
    /// Listening sockets that stand ready in this process.
    let passedDescriptors: [Int32]
    private let notificationSocket: String?

    private static let firstDescriptor: Int32 = 3
    private static let descriptorLimit: Int32 = 64

    /// What the environment says. A process that inherited the variables from another one is told apart by its id.
    init(environment: [String: String], processID: Int32 = getpid()) {
        notificationSocket = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let count = environment["LISTEN_FDS"].flatMap { Int32($0) } ?? 0
        let isForUs = environment["LISTEN_PID"].flatMap { Int32($0) } == processID
        passedDescriptors =
            isForUs && (1...Self.descriptorLimit).contains(count)
            ? (0..<count).map { Self.firstDescriptor + $0 } : []
    }

    /// Whether it listens to what the process says of itself.
    var isListening: Bool { notificationSocket != nil }

    /// Requests are served.
    func tellReady(_ status: String) { tell("READY=1\nSTATUS=\(status)") }

    /// The model is on its way.
    func tellStatus(_ status: String) { tell("STATUS=\(status)") }

    /// Files are being read again; `tellReady` ends it.
    func tellReloading() {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        tell("RELOADING=1\nMONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1_000)")
    }

    /// Running replies end, then the process does.
    func tellStopping() { tell("STOPPING=1\nSTATUS=Running replies end") }

    private func tell(_ message: String) {
        guard let notificationSocket else { return }
        _ = unsafe linux_send_datagram(notificationSocket, message)
    }
}
