using System.Diagnostics;
using System.Net;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Guest.AttestationAgent;
using Nacre.Guest.DataHub;
using Nacre.Images.Policy;
using Nacre.Images.Pull;
using Nacre.Images.Transports;

namespace Nacre.Cli.Demo;

/// <summary>What happens on the machine that nobody trusts yet.</summary>
internal sealed class GuestSteps(DemoScene scene)
{
    public async Task<string> AttestAsync(CancellationToken cancel)
    {
        await GuestMachine.MeasureBootAsync(scene.Machine, cancel);
        await using var guest = DemoGuest.Open(scene);
        var session = await guest.Client.AttestAsync(cancel);
        return $"the quote is fresh, its key lives in this TPM (credential activated), every PCR is as expected; token valid until {session.Expires:HH:mm:ss} UTC";
    }

    public async Task<string> FetchSecretAsync(CancellationToken cancel)
    {
        await using var guest = DemoGuest.Open(scene);
        using var secret = await guest.Client.GetResourceAsync(DemoScene.Secret, cancel);
        if (!secret.Reveal().SequenceEqual("the owner's secret\n"u8))
            throw new CommandException("the secret that the guest got is not the one that the owner put");

        using var anonymous = scene.Connect();
        try
        {
            await anonymous.SendAsync(HttpMethod.Get, $"resource/{DemoScene.Secret.Path}", null, null, credential: null, cancel);
        }
        catch (KbsException e) when (e.Status == HttpStatusCode.Unauthorized && e.ErrorType == ErrorTypes.TokenNotFound)
        {
            return $"{DemoScene.Secret} released as a JWE that only this guest's key opens; without attestation: 401 {e.Detail}";
        }

        throw new CommandException("the secret was released to a caller that did not attest");
    }

    public async Task<string> PullAsync(CancellationToken cancel)
    {
        await using var guest = DemoGuest.Open(scene);
        var result = await guest.PullAsync(scene.SecretImage, scene.In("bundle"), cancel);
        var encrypted = result.Layers.Count(layer => layer.Encrypted);
        return $"signature by the owner's key under scope {result.Decision.Scope}; {encrypted} of {result.Layers.Count} layers decrypted; MAC, digest and diff_id of each were right before anything was visible";
    }

    public async Task<string> RunAsync(CancellationToken cancel)
    {
        var output = await RunBundleAsync(scene.In("bundle"), $"nacre-demo-{Environment.ProcessId}", cancel);
        return output.Contains(BusyboxImage.Greeting, StringComparison.Ordinal)
            ? $"runc: {output.Trim()}" : throw new CommandException($"the container did not say what it should: {output.Trim()}");
    }

    private static async Task<string> RunBundleAsync(string bundle, string id, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(ChildProcess.FindProgram("runc") ?? throw new CommandException("runc is not installed", "apt-get install runc"))
        {
            ArgumentList = { "--root", Path.Combine(bundle, "..", "runc"), "run", "--bundle", bundle, id },
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var errors = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0
                ? await output : throw new CommandException($"runc ended with {process.ExitCode}: {LastLine(await errors)}", "runc needs root, or a kernel with user namespaces");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "(no output)";
}

/// <summary>One session of the guest: its TPM, its attestation, and what it may have for it.</summary>
internal sealed class DemoGuest : IAsyncDisposable
{
    private readonly Attesters.Tpm.TpmAttester _attester;

    private DemoGuest(Attesters.Tpm.TpmAttester attester, KbsClient client) => (_attester, Client) = (attester, client);

    public KbsClient Client { get; }

    public static DemoGuest Open(DemoScene scene)
    {
        var attester = GuestMachine.OpenAttester(scene.Machine);
        return new DemoGuest(attester, new KbsClient(scene.Connect(), new TpmEvidenceSource(attester), TimeProvider.System));
    }

    /// <summary>As a confidential guest does it: the policy comes from the broker, and so do the keys.</summary>
    public async Task<PullResult> PullAsync(string image, string bundle, CancellationToken cancel)
    {
        var resources = new KbsResourceSource(Client);
        using var text = await resources.GetAsync(DemoScene.ImagePolicy, cancel);
        var policy = ImagePolicy.Parse(text.Reveal(), DemoScene.ImagePolicy.ToString());
        var puller = new ImagePuller(resources, policy, new PullOptions { Registry = DemoScene.RegistryOptions });
        return await puller.PullAsync(ImageLocation.Parse(image), bundle, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _attester.DisposeAsync();
    }
}
