internal import Foundation

/// A wait between two looks at what a server is doing.
enum Pause {
    static func briefly() {
        Thread.sleep(forTimeInterval: 0.1)
    }
}
