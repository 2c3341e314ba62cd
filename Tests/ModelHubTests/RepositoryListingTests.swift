import Foundation
import JSON
import TestSupport
import Testing

@testable import ModelHub

@Suite struct RepositoryListingTests {
    private static let sha1 = String(repeating: "0a", count: 20)
    private static let sha256 = String(repeating: "0b", count: 32)

    private static let huggingFace: JSONValue = [
        "sha": .string(sha1), "tags": ["transformers", "license:apache-2.0"],
        "siblings": [
            ["rfilename": "config.json", "size": 12, "blobId": .string(sha1)],
            [
                "rfilename": "model.safetensors", "size": 134, "blobId": .string(sha1),
                "lfs": ["sha256": .string(sha256), "size": 5_000_000_000, "pointerSize": 134],
            ],
        ],
    ]

    private static let modelScope: JSONValue = [
        "Code": 200, "Success": true,
        "Data": [
            "Files": [
                ["Path": "folder", "Type": "tree"],
                ["Path": "config.json", "Type": "blob", "Size": 12, "Sha256": .string(sha256)],
            ]
        ],
    ]

    @Test func `Hugging Face tells commit, licence, sizes and digests`() throws {
        let listing = try RepositoryListing(huggingFace: Self.huggingFace.serializedBytes())
        #expect(listing.commit == Self.sha1 && listing.license == "apache-2.0")
        #expect(
            listing.files == [
                RepositoryFile(path: "config.json", byteCount: 12, digest: .gitSHA1(Self.sha1)),
                RepositoryFile(path: "model.safetensors", byteCount: 5_000_000_000, digest: .sha256(Self.sha256)),
            ])
    }

    @Test func `ModelScope's listing stands for a commit, in any order of its files`() throws {
        let listing = try RepositoryListing(modelScope: Self.modelScope.serializedBytes())
        #expect(listing.commit.isHexadecimal(40))
        #expect(listing.files.map(\.path) == ["config.json"])
        let other = String(decoding: Self.modelScope.serializedBytes(), as: UTF8.self).replacing("12", with: "13")
        #expect(try RepositoryListing(modelScope: Array(other.utf8)).commit != listing.commit)
    }

    @Test(arguments: [
        ("\"size\":12", "\"size\":-1"), ("\"size\":12", "\"size\":99999999999999999999"),
        ("\"size\":12", "\"size\":\"12\""), ("0b0b", "0B0B"), ("0b0b", "0b"), ("blobId\":\"0a", "blobId\":\""),
    ])
    func `a file that could not be checked is told apart`(part: String, other: String) throws {
        let text = String(decoding: Self.huggingFace.serializedBytes(), as: UTF8.self)
        let changed = text.replacing(part, with: other)
        #expect(changed != text)
        let listing = try RepositoryListing(huggingFace: Array(changed.utf8))
        #expect(listing.unverifiable.count >= 1 && listing.files.count + listing.unverifiable.count == 2)
    }

    @Test(arguments: [
        ("config.json", "../config.json"), ("config.json", "/config.json"),
        ("rfilename", "name"), ("\"sha\":", "\"sh\":"), ("siblings", "sibling"), ("0a0a0a", "../../"),
    ])
    func `a listing that says something impossible is refused`(part: String, other: String) {
        let text = String(decoding: Self.huggingFace.serializedBytes(), as: UTF8.self)
        let changed = text.replacing(part, with: other)
        #expect(changed != text)
        #expect(throws: HubError.self) { try RepositoryListing(huggingFace: Array(changed.utf8)) }
    }

    @Test func `no bytes make the reader fail, and what it accepts is safe`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<4000 {
            var bytes = (Bool.random(using: &random) ? Self.huggingFace : Self.modelScope).serializedBytes()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] =
                    "\"{}[]:,./\\0a9-b\u{1}".utf8.randomElement(using: &random) ?? 0
            }
            let listings = [try? RepositoryListing(huggingFace: bytes), try? RepositoryListing(modelScope: bytes)]
            for listing in listings.compactMap(\.self) {
                #expect(listing.commit.isHexadecimal(40))
                #expect(listing.files.allSatisfy { RepositoryPath.isSafe($0.path) && $0.byteCount >= 0 })
            }
        }
    }
}

@Suite struct DigestTests {
    @Test func `digests are those of sha256sum and of git`() {
        var digest = DigestState(.sha256)
        for byte in "abc".utf8 { digest.update([byte]) }
        #expect(digest.finish() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        // echo hello | git hash-object --stdin
        var blob = DigestState(.gitBlob(byteCount: 6))
        blob.update(Array("hello\n".utf8)[...])
        #expect(blob.finish() == "ce013625030ba8dba906f756967f9e9ca394464a")
    }
}

@Suite struct RetryScheduleTests {
    @Test func `waits double, and end where nothing comes`() {
        var schedule = RetrySchedule(first: .seconds(1), limit: 5)
        #expect((0..<5).map { _ in schedule.wait() } == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), nil])
        schedule.succeeded()
        #expect(schedule.wait() == .seconds(1))
    }

    @Test func `what a hub asks for is waited, unless it is too much`() {
        var schedule = RetrySchedule(first: .seconds(1), limit: 5)
        #expect(schedule.wait(asked: .seconds(30)) == .seconds(30))
        #expect(schedule.wait(asked: .seconds(86_400)) == nil)
        let now = Date(timeIntervalSince1970: 784_111_777)
        #expect(RetrySchedule.asked("7") == .seconds(7))
        #expect(RetrySchedule.asked("Sun, 06 Nov 1994 08:49:47 GMT", now: now) == .seconds(10))
        #expect(RetrySchedule.asked("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == .zero)
        #expect(RetrySchedule.asked("soon") == nil)
        #expect(RetrySchedule.asked(nil) == nil)
    }
}

@Suite struct HubSettingsTests {
    private static let folder = NSTemporaryDirectory() + "ponder-hub-settings-none"

    @Test func `folders and endpoints are where the hubs' own programs look for them`() {
        let settings = HubSettings(environment: ["HOME": Self.folder])
        #expect(settings.cacheFolder == "\(Self.folder)/.cache/huggingface/hub")
        #expect(
            settings.studioFolders == ["\(Self.folder)/.lmstudio/models", "\(Self.folder)/.cache/lm-studio/models"])
        #expect(settings.modelScopeCache == "\(Self.folder)/.cache/modelscope")
        #expect(settings.huggingFace.url == "https://huggingface.co" && settings.huggingFace.token == nil)
        #expect(settings.hub == .huggingFace && !settings.isOffline)
    }

    @Test(arguments: [
        (["HF_HUB_CACHE": "/a", "HF_HOME": "/b"], "/a"), (["HF_HOME": "/b"], "/b/hub"),
        (["HUGGINGFACE_HUB_CACHE": "~/c"], "\(folder)/c"), (["XDG_CACHE_HOME": "/d"], "/d/huggingface/hub"),
        (["HF_HUB_CACHE": ""], "\(folder)/.cache/huggingface/hub"),
    ])
    func `variables move the cache`(variables: [String: String], expected: String) {
        let settings = HubSettings(environment: variables.merging(["HOME": Self.folder]) { $1 })
        #expect(settings.cacheFolder == expected)
    }

    @Test func `variables choose hubs, tokens and the network`() {
        let settings = HubSettings(environment: [
            "HOME": Self.folder, "HF_ENDPOINT": "https://hf-mirror.com", "HF_TOKEN": " t ",
            "VLLM_USE_MODELSCOPE": "True",
            "MODELSCOPE_DOMAIN": "modelscope.ai", "HF_HUB_OFFLINE": "1", "MODELSCOPE_API_TOKEN": "a\r\nb: c",
        ])
        #expect(settings.huggingFace.url == "https://hf-mirror.com" && settings.huggingFace.token == "t")
        #expect(settings.modelScope.url == "https://modelscope.ai" && settings.modelScope.token == nil)
        #expect(settings.hub == .modelScope && settings.isOffline)
    }
}
