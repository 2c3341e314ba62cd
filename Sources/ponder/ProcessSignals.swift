import Dispatch
import Glibc

/// Signals that the process acts on itself, in place of their default of ending it.
struct ProcessSignals {
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals over for the rest of the process's life; the handler hears of each one that comes after this returns.
    init(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        let queue = DispatchQueue(label: "ponder-signals")
        // Sources begin to hear on a thread of their own, and what comes before that is lost.
        let registrations = DispatchSemaphore(value: 0)
        sources = numbers.map { number in
            // The default disposition would act before the source hears of the signal.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { handler(number) }
            source.setRegistrationHandler { registrations.signal() }
            source.activate()
            return source
        }
        for _ in numbers { _ = registrations.wait(timeout: .now() + 1) }
    }

    /// Hears nothing more. Sources that are let go without it may end while a handler runs.
    func cancel() {
        for source in sources { source.cancel() }
    }
}
