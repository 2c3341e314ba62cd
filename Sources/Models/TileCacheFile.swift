internal import Checkpoints
internal import Compute
internal import Glibc

/// One file of a tile cache: a head that says what it is, then the tiles of all matrices in the order of the computation.
///
/// It is written under a name of its own, and gets its final one when it is whole: nobody ever maps half a file, and of two
/// processes that write the same one, the later replaces the earlier's, which keeps its own mapped.
final class TileCacheFile {
    /// Where the tiles begin: at a huge page.
    private static let tileOffset = 1 << 21
    private static let headByteCount = 4096

    /// The tiles, or room for them.
    let memory: WeightMemory
    private let path: String
    private let partialPath: String?
    private let head: [UInt8]
    private var isFinished = false

    fileprivate init(path: String, key: String, byteCount: Int) throws(ModelError) {
        self.path = path
        let text = Array("ponder tiles \(key) \(byteCount)\n".utf8)
        head = text + [UInt8](repeating: 0, count: Self.headByteCount - text.count)
        if let memory = Self.filled(path, head: head, byteCount: byteCount) {
            self.memory = memory
            partialPath = nil
            return
        }
        let partialPath = "\(path).\(getpid()).partial"
        memory = try Self.room(partialPath, byteCount: byteCount)
        self.partialPath = partialPath
    }

    deinit {
        if let partialPath, !isFinished { unsafe unlink(partialPath) }
    }

    /// Gives a file that was written its name. Nothing happens to one that was there.
    func finish() throws(ModelError) {
        guard let partialPath, !isFinished else { return }
        guard memory.finishFile(), writeHead(partialPath), unsafe rename(partialPath, path) == 0 else {
            throw Self.failure(path, memory.byteCount)
        }
        isFinished = true
    }

    private func writeHead(_ path: String) -> Bool {
        let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return unsafe pwrite(descriptor, head, head.count, 0) == head.count && fsync(descriptor) == 0
    }

    /// Maps a file that is whole and that starts with this head.
    private static func filled(_ path: String, head: [UInt8], byteCount: Int) -> WeightMemory? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var (status, found) = (stat(), [UInt8](repeating: 0, count: head.count))
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            Int(status.st_size) == tileOffset + byteCount,
            unsafe pread(descriptor, &found, found.count, 0) == found.count, found == head
        else { return nil }
        return try? WeightMemory(descriptor: descriptor, offset: tileOffset, byteCount: byteCount, isFilled: true)
    }

    /// A new file with its disk space taken: a mapped file that finds the disk full ends the process.
    private static func room(_ path: String, byteCount: Int) throws(ModelError) -> WeightMemory {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path, byteCount) }
        defer { close(descriptor) }
        errno = posix_fallocate(descriptor, 0, tileOffset + byteCount)
        do {
            guard errno == 0 else { throw failure(path, byteCount) }
            return try WeightMemory(
                descriptor: descriptor, offset: tileOffset, byteCount: byteCount, isFilled: false)
        } catch {
            let reason = failure(path, byteCount)
            unsafe unlink(path)
            throw reason
        }
    }

    private static func failure(_ path: String, _ byteCount: Int) -> ModelError {
        .tileCache(path: path, byteCount: byteCount, reason: unsafe String(cString: strerror(errno)))
    }
}

extension TileCache {
    /// The file for these weights, written before or to be written now.
    ///
    /// - Parameters:
    ///   - sources: All weights, in the order of the computation.
    ///   - activations: What BF16 weights are multiplied with.
    ///   - name: The checkpoint's, for whoever looks into the folder.
    ///   - byteCount: Bytes of all tiles.
    /// - Returns: The file, with its tiles or with room for them.
    /// - Throws: `ModelError` where the file cannot be written.
    func open(
        for sources: [Qwen3WeightSource], activations: ActivationFormat, named name: String, byteCount: Int
    ) throws(ModelError) -> TileCacheFile {
        var digest = SourceDigest()
        digest.add("\(activations)")
        digest.add(sources)
        let key = digest.text + "-" + String(WeightFormat.layoutDigest, radix: 16)
        let file = SourceDigest.fileName(name)
        return try TileCacheFile(path: "\(folder)/\(file).\(key).tiles", key: key, byteCount: byteCount)
    }
}
