import Foundation

/// When folders were last changed, those inside them too: tells cheaply whether anything was put there or taken away.
///
/// A folder's time changes when a name in it comes, goes or is given to something else, so that new folders need not be looked
/// for. Content of files is not watched.
struct FolderStamps: Sendable {
    private static let depthLimit = 5
    private static let folderLimit = 20_000
    /// A folder that was changed this recently may change again within the same tick of the file system's clock.
    private static let settlingTime = 2.0

    /// In seconds since 1970; nil for those that are not there.
    private var times: [String: Double?] = [:]
    private let isSettled: Bool

    /// Reads the times of these folders and of those below them.
    init(of roots: [String], now: Date = Date()) {
        var times: [String: Double?] = [:]
        for root in roots { Self.collect(root, depth: 0, &times) }
        self.times = times
        let latest = times.values.compactMap(\.self).max() ?? 0
        isSettled = latest < now.timeIntervalSince1970 - Self.settlingTime
    }

    /// Whether everything is as it was.
    var areCurrent: Bool {
        isSettled && times.allSatisfy { path, time in Self.time(path) == time }
    }

    private static func collect(_ folder: String, depth: Int, _ times: inout [String: Double?]) {
        guard times.count < folderLimit, times[folder] == nil else { return }
        let time = time(folder)
        times[folder] = .some(time)
        guard time != nil, depth < depthLimit,
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return }
        // The store's blobs come before the links that make a model of them.
        for name in names where name != "blobs" && !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            if Self.time(path) != nil { collect(path, depth: depth + 1, &times) }
        }
    }

    /// Nil for what is no folder.
    private static func time(_ path: String) -> Double? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
    }
}
