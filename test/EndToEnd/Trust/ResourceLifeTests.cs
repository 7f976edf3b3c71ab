using System.Net.Http.Headers;
using System.Text;
using Nacre.Client;
using Nacre.EndToEndTests.Peers;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Versions, conditions and limits of secrets, and that a limit holds among replicas.</summary>
[Trait("Group", "TrustResources")]
public sealed class ResourceLifeTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private const string Path = "/kbs/v0/resource/default/life/1";

    private static readonly ResourceUri s_uri = ResourceUri.Parse("kbs:///default/life/1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_to_be_released_once_is_released_once_by_two_replicas_on_sqlite() => await OnceAsync("sqlite");

    [Fact]
    public async Task What_is_to_be_released_once_is_released_once_by_two_replicas_on_postgresql() =>
        await OnceAsync(await postgres.CreateDatabaseAsync());

    [Fact]
    public async Task A_guest_that_policy_denies_uses_up_nothing()
    {
        await using var stage = await TrustStage.StartAsync();
        await PutAsync(stage, "secret", new() { MostReleases = 2 });
        Assert.Equal(KbsFailure.Denied, await RefusedAsync(stage));
        await stage.AffirmSampleAsync();

        Assert.Equal("secret", await GetAsync(stage));
        Assert.Equal("secret", await GetAsync(stage));
        Assert.Equal(KbsFailure.Denied, await RefusedAsync(stage));
        var version = (await stage.Admin.GetResourceHistoryAsync(s_uri, Cancel))["versions"]![0]!;
        Assert.Equal((2, 2), ((int)version["limit"]!, (int)version["released"]!));

        // A new version has limits of its own: none.
        await PutAsync(stage, "another", new());
        Assert.Equal("another", await GetAsync(stage));
    }

    [Fact]
    public async Task After_its_end_a_secret_is_not_released()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        await PutAsync(stage, "secret", new() { Until = stage.Clock.GetUtcNow() + TimeSpan.FromMinutes(1) });
        Assert.Equal("secret", await GetAsync(stage));
        stage.Clock.Skip(TimeSpan.FromMinutes(1));

        Assert.Equal(KbsFailure.Denied, await RefusedAsync(stage));
    }

    [Fact]
    public async Task Changes_hold_only_for_the_version_that_was_seen()
    {
        await using var stage = await TrustStage.StartAsync();
        using var http = stage.RawClient();
        Assert.Equal((200, "\"1\""), await SendAsync(stage, http, HttpMethod.Post, ("If-None-Match", "*")));
        Assert.Equal((412, null), await SendAsync(stage, http, HttpMethod.Post, ("If-None-Match", "*")));
        Assert.Equal((200, "\"2\""), await SendAsync(stage, http, HttpMethod.Post, ("If-Match", "\"1\"")));
        Assert.Equal((412, null), await SendAsync(stage, http, HttpMethod.Post, ("If-Match", "\"1\"")));
        Assert.Equal((400, null), await SendAsync(stage, http, HttpMethod.Post, ("If-Match", "1")));
        Assert.Equal((200, "\"3\""), await SendAsync(stage, http, HttpMethod.Post));
        Assert.Equal((412, null), await SendAsync(stage, http, HttpMethod.Delete, ("If-Match", "\"2\"")));
        Assert.Equal((200, null), await SendAsync(stage, http, HttpMethod.Delete, ("If-Match", "\"3\"")));
        Assert.Equal((404, null), await SendAsync(stage, http, HttpMethod.Delete));
        Assert.Equal((412, null), await SendAsync(stage, http, HttpMethod.Post, ("If-Match", "*")));
    }

    [Fact]
    public async Task A_former_version_is_listed_and_set_again()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.AffirmSampleAsync();
        await PutAsync(stage, "first", new() { ContentType = "text/plain", Labels = new Dictionary<string, string> { ["team"] = "payments" } });
        await PutAsync(stage, "second", new());
        Assert.Equal("\"3\"", await stage.Admin.RollBackResourceAsync(s_uri, 1, Cancel));

        Assert.Equal("first", await GetAsync(stage));
        var versions = (await stage.Admin.GetResourceHistoryAsync(s_uri, Cancel))["versions"]!.AsArray();
        Assert.Equal([1, 2, 3], versions.Select(version => (int)version!["version"]!));
        Assert.Equal(["payments", null, "payments"], versions.Select(version => (string?)version!["labels"]!["team"]));
        Assert.Equal("text/plain", (string?)versions[2]!["content-type"]);
        Assert.DoesNotContain("first", versions.ToJsonString(), StringComparison.Ordinal);
        var absent = await Assert.ThrowsAsync<KbsException>(() => stage.Admin.RollBackResourceAsync(s_uri, 9, Cancel));
        Assert.Equal(KbsFailure.NotFound, absent.Failure);
    }

    private static async Task OnceAsync(string store)
    {
        await using var one = await TrustStage.StartAsync(store: store);
        await using var two = await TrustStage.StartAsync(directory: one.Directory, store: store);
        await one.AffirmSampleAsync();
        for (var round = 0; round < 3; round++)
        {
            await PutAsync(one, $"secret {round}", new() { MostReleases = 1 });
            var gets = await Task.WhenAll(Enumerable.Range(0, 8).Select(guest => TryGetAsync(guest % 2 == 0 ? one : two)));

            Assert.Equal($"secret {round}", Assert.Single(gets, secret => secret is not null));
        }
    }

    private static Task<string?> PutAsync(TrustStage stage, string text, ResourceSettings settings) =>
        stage.Admin.PutResourceAsync(s_uri, SecretBytes.Copy(Encoding.UTF8.GetBytes(text)), settings, Cancel);

    private static async Task<string> GetAsync(TrustStage stage)
    {
        using var guest = stage.SampleGuest();
        using var secret = await guest.GetResourceAsync(s_uri, Cancel);
        return Encoding.UTF8.GetString(secret.Reveal());
    }

    private static async Task<string?> TryGetAsync(TrustStage stage)
    {
        try
        {
            return await GetAsync(stage);
        }
        catch (KbsException e) when (e.Failure == KbsFailure.Denied && e.ErrorType == ErrorTypes.ReleaseLimit)
        {
            return null;
        }
    }

    private static async Task<KbsFailure> RefusedAsync(TrustStage stage) =>
        (await Assert.ThrowsAsync<KbsException>(() => GetAsync(stage))).Failure;

    private static async Task<(int Status, string? Tag)> SendAsync(
        TrustStage stage, HttpClient http, HttpMethod method, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, Path);
        if (method == HttpMethod.Post)
            request.Content = new StringContent("a secret");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", stage.AdminToken);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var reply = await http.SendAsync(request, Cancel);
        return ((int)reply.StatusCode, reply.Headers.ETag?.Tag);
    }
}
