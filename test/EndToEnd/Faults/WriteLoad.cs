using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;
using Nacre.KeyBroker;
using Nacre.KeyBroker.Audit;
using Nacre.Storage;
using Nacre.Storage.Encryption;

namespace Nacre.EndToEndTests.Faults;

/// <summary>
/// Administrators who write secrets, reference values and policies all the time and remember what was acknowledged; and the look into the
/// store afterwards. Each text carries its own digest, so that a torn one shows.
/// </summary>
internal sealed class WriteLoad(string data)
{
    private const int SecretWriters = 3;
    private const string PolicyHead = "package policy\n\nimport rego.v1\n\ndefault allow := false\n\n# ";

    private readonly ConcurrentDictionary<string, string> _secrets = [];
    private readonly ConcurrentDictionary<string, string> _references = [];
    private readonly ConcurrentDictionary<string, PolicyWriter> _policies = [];
    private int _run;

    public int Acknowledged => _secrets.Count + _references.Count + _policies.Values.Sum(policy => policy.Acknowledged);

    /// <summary>Until <paramref name="stop"/>, or until the server is gone when it <paramref name="endsWithServer"/>.</summary>
    /// <param name="url">Of the server.</param>
    /// <param name="endsWithServer">A failure ends a writer.</param>
    /// <param name="stop">Ends all writers after what they are at.</param>
    /// <param name="lane">Another for each server that is written to at the same time: a policy has one writer.</param>
    public Task RunAsync(Uri url, bool endsWithServer, CancellationToken stop, int lane = 0)
    {
        var policy = _policies.GetOrAdd(lane == 0 ? "resource-policy" : $"resource/lane{lane}", _ => new PolicyWriter());
        var run = Interlocked.Increment(ref _run);
        var writers = Enumerable.Range(0, SecretWriters)
            .Select(writer => LoopAsync(url, endsWithServer, (admin, i) => SecretAsync(admin, $"r{run}w{writer}/{i}", i), stop))
            .Append(LoopAsync(url, endsWithServer, (admin, i) => ReferenceAsync(admin, $"run{run}_{i}"), stop))
            .Append(LoopAsync(url, endsWithServer, (admin, _) => PolicyAsync(admin, policy, lane), stop));
        return Task.WhenAll(writers);
    }

    /// <summary>One secret more; false when the server says that it cannot.</summary>
    public async Task<bool> TryWriteAsync(Uri url, int bytes)
    {
        using var admin = Connect(url);
        try
        {
            await SecretAsync(admin, $"single/{RandomNumberGenerator.GetInt32(int.MaxValue)}", bytes);
            return true;
        }
        catch (KbsException e) when (e.Failure == KbsFailure.Unavailable)
        {
            return false;
        }
    }

    /// <summary>Nothing that was acknowledged is lost, and nothing is torn.</summary>
    public async Task VerifyAsync(string store)
    {
        using var master = MasterKey.FromFile(Path.Combine(data, MasterKey.FileName));
        var opened = await StoreList.OpenAsync(new() { Address = store, Directory = data }, TimeProvider.System, CancellationToken.None);
        await using var replays = opened.Replays;
        await using var values = await EncryptedStore.OpenAsync(opened.Values, master, CancellationToken.None);
        var found = new Dictionary<(string, string), string>();
        await foreach (var entry in values.SnapshotAsync(CancellationToken.None))
        {
            if (entry.Space is "repository" or "reference_value")
                found.Add((entry.Space, entry.Key), Encoding.UTF8.GetString(entry.Value));
        }

        foreach (var (path, text) in _secrets)
        {
            Assert.True(
                found.TryGetValue(("repository", path), out var stored) && stored == text, $"the secret {path} was acknowledged and is not there");
        }

        foreach (var (name, text) in _references)
        {
            Assert.True(
                found.TryGetValue(("reference_value", name), out var stored) && (string?)JsonNode.Parse(stored)!["value"] == text,
                $"the reference value {name} was acknowledged and is not there");
        }

        Assert.All(found.Where(entry => entry.Key.Item1 == "repository"), entry => Assert.True(IsWhole(entry.Value), $"{entry.Key} is torn"));
        foreach (var (id, writer) in _policies.Where(policy => policy.Value.Acknowledged > 0))
        {
            var policy = Encoding.UTF8.GetString((await values.FindAsync("kbs", $"{id}.rego", CancellationToken.None))!.Value);
            var number = int.Parse(policy[PolicyHead.Length..].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(number, writer.Acknowledged, writer.Begun);
            Assert.True(IsWhole(policy[PolicyHead.Length..]), $"the policy {id} is torn");
        }
    }

    /// <summary>The audit record has every chain from its first line to where the store knows it to have been, nothing altered.</summary>
    public async Task VerifyAuditAsync(string store)
    {
        using var master = MasterKey.FromFile(Path.Combine(data, MasterKey.FileName));
        var opened = await StoreList.OpenAsync(new() { Address = store, Directory = data }, TimeProvider.System, CancellationToken.None);
        await using var replays = opened.Replays;
        await using var values = await EncryptedStore.OpenAsync(opened.Values, master, CancellationToken.None);
        var report = AuditVerification.Run([TrustServer.AuditDirectory(data)], await new AuditAnchors(values).ReadAsync(CancellationToken.None));

        Assert.All(report.Chains, chain => Assert.Null(chain.Problem));

        // Each acknowledged change was begun in it before.
        Assert.InRange(report.Chains.Sum(chain => chain.Lines), Acknowledged, long.MaxValue);
    }

    private async Task LoopAsync(Uri url, bool endsWithServer, Func<KbsAdminClient, int, Task> write, CancellationToken stop)
    {
        using var admin = Connect(url);
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            try
            {
                await write(admin, i);
            }
            catch (KbsException) when (endsWithServer)
            {
                return;
            }
            catch (KbsException e) when (e.Failure == KbsFailure.Unavailable)
            {
                // Said so, and wrote nothing that it promised to keep.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    private async Task SecretAsync(KbsAdminClient admin, string name, int bytes)
    {
        var uri = ResourceUri.Parse($"kbs:///faults/{name}");
        var text = Whole($"{uri} {new string('x', bytes % 200_000)}");
        await admin.PutResourceAsync(uri, SecretBytes.Copy(Encoding.UTF8.GetBytes(text)), CancellationToken.None);
        _secrets[uri.Path] = text;
    }

    private async Task ReferenceAsync(KbsAdminClient admin, string name)
    {
        var text = Whole(name);
        await admin.AddReferenceValuesAsync(new JsonObject { [name] = text }, CancellationToken.None);
        _references[name] = text;
    }

    // One writer, always the same policy: what is stored is the last that was acknowledged, or one that was begun after it.
    private static async Task PolicyAsync(KbsAdminClient admin, PolicyWriter policy, int lane)
    {
        var number = ++policy.Begun;
        await admin.SetPolicyAsync(
            PolicyKind.Resource, lane == 0 ? null : $"resource/lane{lane}", $"{PolicyHead}{Whole($"{number} ")}", CancellationToken.None);
        policy.Acknowledged = number;
    }

    private KbsAdminClient Connect(Uri url)
    {
        var roots = new X509Certificate2Collection();
        if (url.Scheme == "https")
            roots.ImportFromPemFile(Path.Combine(data, "ca.pem"));
        return new KbsAdminClient(KbsTransport.Create(url, roots), File.ReadAllText(Path.Combine(data, "admin-token")).Trim());
    }

    private sealed class PolicyWriter
    {
        public volatile int Begun;
        public volatile int Acknowledged;
    }

    private static string Whole(string text) => $"{text} {Digest(text)}";

    private static bool IsWhole(string text) => text.LastIndexOf(' ') is > 0 and var end && Digest(text[..end]) == text[(end + 1)..];

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
