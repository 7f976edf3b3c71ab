using System.Text;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Formats;

namespace Nacre.EndToEndTests.Trust;

/// <summary>Resource policies that decide by what is known of the resource, and what guests may conclude from their answers.</summary>
[Trait("Group", "TrustPolicies")]
public sealed class LabelPolicyTests
{
    private const string ByLabel = "package policy\nallow if data.resource.labels.stage == \"open\"\n";

    private static readonly ResourceUri s_uri = ResourceUri.Parse("kbs:///default/label/1");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("data.resource.labels.stage == \"open\"")]
    [InlineData("data.resource[\"content-type\"] == \"text/plain\"")]
    [InlineData("data.resource.version == 2")]
    public async Task What_is_known_of_a_resource_decides(string condition)
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, $"package policy\nallow if {condition}\n", Cancel);

        await PutAsync(stage, "closed", new() { Labels = Stage("closed") });
        Assert.Equal(KbsFailure.Denied, (await RefusedAsync(guest, s_uri)).Failure);
        await PutAsync(stage, "open", new() { Labels = Stage("open"), ContentType = "text/plain" });
        Assert.Equal("open", await GetAsync(guest));
    }

    // The policy's explanation is told to guests here: it must not say of one that there is nothing, and of the other what labels it has.
    [Fact]
    public async Task A_guest_that_is_denied_does_not_learn_whether_there_is_such_a_resource()
    {
        await using var stage = await TrustStage.StartAsync(explain: true);
        await stage.AffirmSampleAsync();
        using var guest = stage.SampleGuest();
        await PutAsync(stage, "closed", new() { Labels = Stage("closed") });
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, ByLabel, Cancel);

        var there = await RefusedAsync(guest, s_uri);
        Assert.Equal(KbsFailure.Denied, there.Failure);
        foreach (var other in (string[])["default/label/2", "default/label/1.2"])
        {
            var absent = await RefusedAsync(guest, ResourceUri.Parse($"kbs:///{other}"));
            Assert.Equal((there.Status, there.Failure, WithoutReference(there)), (absent.Status, absent.Failure, WithoutReference(absent)));
        }

        // The same of a resource that was deleted, whose row of details stays.
        await stage.Admin.DeleteResourceAsync(s_uri, Cancel);
        Assert.Equal(WithoutReference(there), WithoutReference(await RefusedAsync(guest, s_uri)));
    }

    [Fact]
    public async Task A_dry_run_sees_the_labels_of_now()
    {
        await using var stage = await TrustStage.StartAsync();
        using var guest = stage.SampleGuest();
        await PutAsync(stage, "secret", new() { Labels = Stage("open") });
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, "package policy\nallow := true\n", Cancel);
        Assert.Equal("secret", await GetAsync(guest));

        Assert.Equal((1, 0), await DryRunAsync(stage));
        await PutAsync(stage, "secret", new() { Labels = Stage("closed") });
        Assert.Equal((1, 1), await DryRunAsync(stage));
    }

    [Fact]
    public async Task No_value_is_released_on_the_labels_of_another()
    {
        await using var stage = await TrustStage.StartAsync();
        await stage.Admin.SetPolicyAsync(PolicyKind.Resource, null, ByLabel, Cancel);
        await PutAsync(stage, "open", new() { Labels = Stage("open") });
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => ReadUntilAsync(stage, done.Token), Cancel)).ToList();
        for (var i = 0; i < 150; i++)
        {
            foreach (var value in (string[])["closed", "open"])
                await PutAsync(stage, value, new() { Labels = Stage(value) });
        }

        await done.CancelAsync();
        var read = (await Task.WhenAll(readers)).SelectMany(values => values).ToList();
        Assert.NotEmpty(read);
        Assert.DoesNotContain("closed", read);
    }

    private static async Task<List<string>> ReadUntilAsync(TrustStage stage, CancellationToken done)
    {
        using var guest = stage.SampleGuest();
        var read = new List<string>();
        while (!done.IsCancellationRequested)
        {
            try
            {
                read.Add(await GetAsync(guest));
            }
            catch (KbsException e) when (e.Failure == KbsFailure.Denied)
            {
                // Closed just now.
            }
        }

        return read;
    }

    private static Dictionary<string, string> Stage(string value) => new() { ["stage"] = value };

    private static Task<string?> PutAsync(TrustStage stage, string text, ResourceSettings settings) =>
        stage.Admin.PutResourceAsync(s_uri, SecretBytes.Copy(Encoding.UTF8.GetBytes(text)), settings, Cancel);

    private static async Task<string> GetAsync(KbsClient guest)
    {
        using var secret = await guest.GetResourceAsync(s_uri, Cancel);
        return Encoding.UTF8.GetString(secret.Reveal());
    }

    private static Task<KbsException> RefusedAsync(KbsClient guest, ResourceUri uri) =>
        Assert.ThrowsAsync<KbsException>(() => guest.GetResourceAsync(uri, Cancel));

    private static string WithoutReference(KbsException refusal) => refusal.Reference is { } id
        ? refusal.Message.Replace(id, "", StringComparison.Ordinal) : refusal.Message;

    private static async Task<(int Evaluated, int Changes)> DryRunAsync(TrustStage stage)
    {
        var report = await stage.Admin.DryRunPolicyAsync(PolicyKind.Resource, "resource-policy", ByLabel, Cancel);
        return ((int)report["evaluated"]!, (int)report["changes"]!);
    }
}
