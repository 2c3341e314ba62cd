import Dispatch
import Glibc

/// SIGTERM and SIGINT as they arrive, in place of their default of ending the process.
struct TerminationSignals {
    /// One element for each signal received from now on.
    let arrivals: AsyncStream<Int32>

    /// A source that is let go hears nothing more.
    private let sources: [any DispatchSourceSignal]

    /// Takes over both signals for the rest of the process's life.
    init() {
        let (arrivals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let queue = DispatchQueue(label: "ponder-signals")
        self.arrivals = arrivals
        sources = [SIGTERM, SIGINT].map { number in
            // The default disposition would act before the source hears of the signal.
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(number) }
            source.activate()
            return source
        }
    }
}
