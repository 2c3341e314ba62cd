internal import Foundation
internal import Glibc

/// Folders that are written to.
enum Folders {
    /// Makes a folder and those that it lies in.
    static func make(_ path: String) throws(HubError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw HubError("the folder \(path) cannot be made: \(reason(error))")
        }
    }

    /// Writes a small file in one step: nobody sees a part of it.
    static func write(_ text: String, to path: String) throws(HubError) {
        let aside = "\(path).\(getpid()).new"
        let isWritten = FileManager.default.createFile(atPath: aside, contents: Data(text.utf8))
        guard isWritten, unsafe rename(aside, path) == 0 else { throw .system("\(path): the file cannot be written") }
    }

    /// The bytes that are free for this user on the disk of a folder; nil where the system does not say.
    static func freeByteCount(_ folder: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(folder, &status) == 0 else { return nil }
        let (count, isOver) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        return isOver ? nil : count
    }

    private static func reason(_ error: any Error) -> String {
        let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let cause, cause.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return unsafe String(cString: strerror(Int32(truncatingIfNeeded: cause.code)))
    }
}
