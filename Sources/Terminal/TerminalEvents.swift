internal import Dispatch
internal import Foundation
internal import Glibc

/// What comes from the terminal while a program has it.
public enum TerminalEvent: Sendable, Hashable {
    case bytes([UInt8])
    /// The end of input.
    case ended
    case resized
    /// SIGINT, by a key or from outside.
    case interrupted
    /// Continued after a stop, during which the mode may have changed.
    case continued
}

/// Watches standard input and the signals that concern a terminal, until the process ends.
public struct TerminalEvents {
    private let sources: [any DispatchSourceSignal]

    /// Begins to watch; the handler is called from a thread and a queue of their own.
    public init(_ handler: @escaping @Sendable (TerminalEvent) -> Void) {
        let queue = DispatchQueue(label: "ponder-terminal")
        let signals: [(Int32, TerminalEvent)] = [
            (SIGWINCH, .resized), (SIGINT, .interrupted), (SIGCONT, .continued),
        ]
        sources = signals.map { number, event in
            // SIGINT's default action would end the process before the source hears of it.
            if number == SIGINT { _ = signal(number, SIG_IGN) }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handler(event) }
            source.activate()
            return source
        }
        let thread = Thread { Self.read(handler) }
        thread.name = "ponder-keyboard"
        thread.start()
    }

    /// Hears nothing more of signals.
    public func cancel() {
        for source in sources { source.cancel() }
    }

    private static func read(_ handler: (TerminalEvent) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(STDIN_FILENO, bytes.baseAddress, bytes.count)
            }
            if count > 0 {
                handler(.bytes(Array(buffer[..<count])))
            } else if count == 0 || errno != EINTR {
                handler(.ended)
                return
            }
        }
    }
}
