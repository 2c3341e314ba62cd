import Foundation
import Synchronization

/// Holds threads until it is opened.
final class Gate: Sendable {
    private let opened = Mutex(false)

    var isOpened: Bool { opened.withLock { $0 } }

    func open() { opened.withLock { $0 = true } }

    func wait() {
        while !isOpened {
            Thread.sleep(forTimeInterval: 0.001)
        }
    }
}
