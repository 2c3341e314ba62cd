internal import CWebPage

/// The files that the page is written in, as they were when the executable was built.
enum PageFiles {
    /// By name, such as `main.js`.
    static let texts: [String: String] = {
        let files = unsafe UnsafeBufferPointer(start: ponder_page_files(), count: ponder_page_file_count)
        var texts: [String: String] = [:]
        for index in files.indices {
            let file = unsafe files[index]
            let bytes = unsafe UnsafeBufferPointer(start: file.bytes, count: file.byte_count)
            unsafe texts[String(cString: file.name)] = String(decoding: bytes, as: UTF8.self)
        }
        return texts
    }()
}
