using System.Text;
using System.Text.Json.Nodes;
using Nacre.Attestation.ReferenceValues;
using Nacre.Storage;
using Nacre.Storage.Memory;

namespace Nacre.UnitTests.Attestation.ReferenceValues;

/// <summary>Staged, active, revoked: what counts when, what is kept, and what does not come back.</summary>
[Trait("Group", "TrustReferences")]
public sealed class ReferenceValueLifeTests : IAsyncDisposable
{
    private static readonly CancellationToken s_cancel = CancellationToken.None;

    private readonly MemoryStore _store = new();
    private readonly FixedClock _clock = new(SignedDocuments.Now);
    private readonly ReferenceValueStore _values;

    public ReferenceValueLifeTests() => _values = new(_store, _clock);

    public async ValueTask DisposeAsync()
    {
        _values.Dispose();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task A_value_says_who_brought_it_and_from_what()
    {
        await RegisterAsync("""{"svn":["1"]}""");

        var value = (await _values.SnapshotAsync(s_cancel)).Find("svn", SignedDocuments.Now)!;
        Assert.Equal(("alice", SignedDocuments.Now, "sample", "sha256:dd"), (
            value.Provenance!.Author, value.Provenance.At, value.Provenance.Type, value.Provenance.Document));
        Assert.Equal(["f1"], value.Provenance.Signers);
        Assert.Equal("builder", value.Provenance.Origin);
        Assert.Equal(SignedDocuments.Now.AddMonths(12), value.Expiration);
    }

    [Fact]
    public async Task The_earliest_end_counts()
    {
        await RegisterAsync("""{"a":1}""", expires: SignedDocuments.Now.AddDays(3));
        await RegisterAsync("""{"b":1}""", expires: SignedDocuments.Now.AddDays(3), expiration: SignedDocuments.Now.AddDays(2));
        await RegisterAsync("""{"c":1}""", expires: SignedDocuments.Now.AddDays(3), expiration: SignedDocuments.Now.AddDays(9));

        Assert.Equal([3, 2, 3], (await _values.SnapshotAsync(s_cancel)).All.Select(value => (value.Expiration - SignedDocuments.Now).Days));
        _clock.Now = SignedDocuments.Now.AddDays(2);
        Assert.Null(await _values.FindAsync("b", s_cancel));
        Assert.NotNull(await _values.FindAsync("a", s_cancel));
        Assert.Equal("expired", await StateAsync("b"));
        Assert.Equal((2, 2, 1), (await _values.SnapshotAsync(s_cancel)).CountAt(_clock.Now));
    }

    [Fact]
    public async Task A_staged_value_counts_only_when_it_is_activated()
    {
        await RegisterAsync("""{"svn":["1"]}""");
        await RegisterAsync("""{"svn":["2"]}""", isStaged: true);
        Assert.Equal("""["1"]""", (await _values.FindAsync("svn", s_cancel))!.ToJsonString());

        await _values.ActivateAsync(["svn"], By("bob"), s_cancel);
        Assert.Equal("""["2"]""", (await _values.FindAsync("svn", s_cancel))!.ToJsonString());
        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.ActivateAsync(["svn"], By("bob"), s_cancel));
        Assert.Equal(["registered", "staged", "activated"], await EventsAsync("svn"));
    }

    [Fact]
    public async Task Activation_is_of_all_or_none()
    {
        await RegisterAsync("""{"a":1,"b":2}""", isStaged: true);
        await _values.RevokeAsync(["b"], null, By("bob"), s_cancel);

        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.ActivateAsync(["a", "b"], By("bob"), s_cancel));
        Assert.Null(await _values.FindAsync("a", s_cancel));
        Assert.Equal("staged", await StateAsync("a"));
    }

    [Fact]
    public async Task A_staged_value_that_has_ended_is_not_activated()
    {
        await RegisterAsync("""{"a":1}""", isStaged: true, expiration: SignedDocuments.Now.AddDays(1));
        _clock.Now = SignedDocuments.Now.AddDays(1);
        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.ActivateAsync(["a"], By("bob"), s_cancel));
    }

    [Theory]
    [InlineData("""["old"]""")]
    [InlineData("""["new","old"]""")]
    [InlineData("\"old\"")]
    public async Task What_was_revoked_does_not_come_back(string again)
    {
        await RegisterAsync("""{"kernel":["old","older"]}""");
        await _values.RevokeAsync(["kernel"], null, By("bob", "CVE"), s_cancel);
        Assert.Null(await _values.FindAsync("kernel", s_cancel));
        Assert.Equal("revoked", await StateAsync("kernel"));

        var message = (await Assert.ThrowsAsync<ReferenceValueException>(() => RegisterAsync($$"""{"other":1,"kernel":{{again}}}"""))).Message;
        Assert.Contains("was revoked at 2026-11-21T12:00:00Z by bob", message, StringComparison.Ordinal);
        Assert.Null(await _values.FindAsync("other", s_cancel));
        await Assert.ThrowsAsync<ReferenceValueException>(() => RegisterAsync($$"""{"kernel":{{again}}}""", isStaged: true));

        await RegisterAsync("""{"kernel":["new"]}""");
        await _values.DeleteAsync("kernel", By("bob"), s_cancel);
        await RegisterAsync($$"""{"kernel":{{again}}}""");
        Assert.Equal(["registered", "revoked", "registered", "deleted", "registered"], await EventsAsync("kernel"));
    }

    [Fact]
    public async Task One_of_the_allowed_values_can_be_revoked()
    {
        await RegisterAsync("""{"kernel":["old","new"]}""");
        await RegisterAsync("""{"kernel":["old"]}""", isStaged: true);
        await _values.RevokeAsync(["kernel"], "old", By("bob"), s_cancel);

        Assert.Equal("""["new"]""", (await _values.FindAsync("kernel", s_cancel))!.ToJsonString());
        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.ActivateAsync(["kernel"], By("bob"), s_cancel));
        await Assert.ThrowsAsync<ReferenceValueException>(() => RegisterAsync("""{"kernel":["old"]}"""));
        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.RevokeAsync(["kernel"], "old", By("bob"), s_cancel));
    }

    [Fact]
    public async Task A_value_of_an_earlier_version_is_readable_and_gets_a_history()
    {
        const string Old = """{"version":"0.1.0","name":"svn","expiration":"2027-08-21T10:00:00Z","value":["1"]}""";
        await _store.WriteAsync([StoreWrite.Set("reference_value", "svn", Encoding.UTF8.GetBytes(Old))], s_cancel);

        Assert.Equal("""["1"]""", (await _values.FindAsync("svn", s_cancel))!.ToJsonString());
        Assert.Equal("active", await StateAsync("svn"));
        await RegisterAsync("""{"svn":["2"]}""");
        Assert.Equal(["registered", "registered"], await EventsAsync("svn"));
        Assert.Equal("unknown", (await _values.FindRecordAsync("svn", s_cancel))!.Events[0].Change.Author);
    }

    [Fact]
    public async Task What_upstream_reads_stays_in_its_place()
    {
        await RegisterAsync("""{"svn":["1"]}""");
        var stored = JsonNode.Parse((await _store.FindAsync("reference_value", "svn", s_cancel))!.Value)!.AsObject();
        Assert.Equal(("0.1.0", "svn", "2027-11-21T12:00:00Z"), ((string)stored["version"]!, (string)stored["name"]!, (string)stored["expiration"]!));
    }

    [Fact]
    public async Task The_history_is_bounded_and_forgets_revocations_last()
    {
        await RegisterAsync("""{"n":[0]}""");
        await _values.RevokeAsync(["n"], null, By("bob"), s_cancel);
        for (var i = 1; i <= 60; i++)
            await RegisterAsync($$"""{"n":[{{i}}]}""");

        Assert.Equal(50, (await EventsAsync("n")).Count());
        await Assert.ThrowsAsync<ReferenceValueException>(() => RegisterAsync("""{"n":[0]}"""));
    }

    [Fact]
    public async Task Writers_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => RegisterAsync($$"""{"n":[{{i}}],"m{{i}}":1}"""))));
        Assert.Equal(16, (await EventsAsync("n")).Count());
        Assert.Equal(17, (await _values.SnapshotAsync(s_cancel)).All.Count());
    }

    [Fact]
    public async Task What_was_never_there_cannot_be_revoked_or_deleted()
    {
        await Assert.ThrowsAsync<ReferenceValueException>(() => _values.RevokeAsync(["x"], null, By("bob"), s_cancel));
        Assert.False(await _values.DeleteAsync("x", By("bob"), s_cancel));
        Assert.Null(await _values.FindRecordAsync("x", s_cancel));
        Assert.Empty(await _values.ListAsync(s_cancel));
    }

    private ReferenceValueChange By(string author, string? note = null) => new(author, _clock.Now, note);

    private async Task<string> StateAsync(string name) => (await _values.FindRecordAsync(name, s_cancel))!.StateAt(_clock.Now);

    private async Task<IEnumerable<string>> EventsAsync(string name) =>
        (await _values.FindRecordAsync(name, s_cancel))!.Events.Select(one => one.Kind);

    private Task RegisterAsync(
        string values, bool isStaged = false, DateTimeOffset? expires = null, DateTimeOffset? expiration = null)
    {
        var extracted = new ExtractedValues([.. JsonNode.Parse(values)!.AsObject().Select(value => (value.Key, value.Value?.DeepClone()))])
        {
            Signers = ["f1"],
            Origin = "builder",
            Expires = expires,
        };
        return _values.RegisterAsync(
            new ReferenceValueDocument("sample", "sha256:dd", extracted) { IsStaged = isStaged, Expiration = expiration }, "alice", s_cancel);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
