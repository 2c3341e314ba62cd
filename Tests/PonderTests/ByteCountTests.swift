import Testing

@testable import ponder

@Suite struct ByteCountTests {
    @Test(arguments: [
        ("1", 1), ("4096", 4_096), ("2GiB", 2 << 30), ("2gib", 2 << 30), ("2G", 2 << 30), ("512 MiB", 512 << 20),
        ("1.5GiB", 3 << 29), ("1kB", 1_000), ("3TB", 3_000_000_000_000), ("7b", 7),
    ])
    func `sizes are read with their unit`(text: String, bytes: Int) {
        #expect(ByteCount(text)?.value == bytes)
    }

    @Test(arguments: [
        "", "GiB", "-1", "0", "0MiB", "1.2.3GiB", "1e3", "2 gigs", "9223372036854775807KiB", "99999999999999999999",
        "1.5e400GiB", ".", "0.1b", "٣GiB", "1GiB ",
    ])
    func `what is no positive size is refused`(text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1_023, "1023 B"), (1_024, "1 KiB"), (1_536, "1.5 KiB"), (1_343_072, "1.28 MiB"),
        (10 << 20, "10 MiB"), (3 << 29, "1.5 GiB"), (123 << 30, "123 GiB"),
    ])
    func `sizes are written in the unit that suits them`(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
