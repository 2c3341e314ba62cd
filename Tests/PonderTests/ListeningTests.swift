import Sockets
import Testing

@testable import ponder

@Suite struct ListeningTests {
    @Test(arguments: [
        ("127.0.0.1", ListenTarget.host("127.0.0.1", port: nil)), ("localhost:0", .host("localhost", port: 0)),
        ("::1", .host("::1", port: nil)), ("[::1]", .host("::1", port: nil)), ("[::]:81", .host("::", port: 81)),
        ("fe80::1", .host("fe80::1", port: nil)), ("unix:a b", .unix(path: "a b")),
        ("/run/x.sock", .unix(path: "/run/x.sock")),
        ("unix:/run/x", .unix(path: "/run/x")),
    ])
    func `a place to listen is a host, with a port of its own or without, or a path`(text: String, target: ListenTarget)
    {
        #expect(ListenTarget(text) == target)
    }

    @Test(arguments: ["", "unix:", ":80", "a:", "a:b", "a:70000", "[::1", "[::1]80", "http://a", "a b", "a/b"])
    func `what is none is refused`(text: String) {
        #expect(ListenTarget(text) == nil)
    }

    @Test func `the shared port is for hosts without one of their own`() throws {
        #expect(
            try ListenTarget.host("127.0.0.1", port: nil).addresses(sharedPort: 8) == [
                .ipv4(host: "127.0.0.1", port: 8)
            ])
        #expect(try ListenTarget.host("::1", port: 9).addresses(sharedPort: 8) == [.ipv6(host: "::1", port: 9)])
        #expect(try ListenTarget.host("localhost", port: 0).addresses(sharedPort: 8).count == 1)
        #expect(try ListenTarget.unix(path: "/a").addresses(sharedPort: 8) == [.unix(path: "/a")])
    }

    @Test func `sockets are for the process that they were handed to`() {
        func descriptors(_ environment: [String: String]) -> [Int32] {
            ServiceManager(environment: environment, processID: 7).passedDescriptors
        }
        #expect(descriptors(["LISTEN_PID": "7", "LISTEN_FDS": "2"]) == [3, 4])
        for strange in [
            [:], ["LISTEN_FDS": "2"], ["LISTEN_PID": "8", "LISTEN_FDS": "2"], ["LISTEN_PID": "7", "LISTEN_FDS": "-1"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "1000000"], ["LISTEN_PID": "7", "LISTEN_FDS": "x"],
        ] {
            #expect(descriptors(strange) == [])
        }
    }
}
