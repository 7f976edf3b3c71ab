using System.Net;
using System.Security.Cryptography;
using Nacre.Attesters.Tpm;
using Nacre.Client;
using Nacre.Evidence.Protocol;
using Nacre.Evidence.Tpm;
using Nacre.Formats;
using Nacre.Guest.AttestationAgent;
using Nacre.Images;
using Nacre.Images.Oci;
using Nacre.Images.Transports;

namespace Nacre.Cli.Demo;

/// <summary>Four attempts that must fail, each for its own reason. One that succeeds, or fails for another reason, ends the demo.</summary>
internal sealed class RefusalSteps(DemoScene scene)
{
    private const int ExtendedPcr = 8;

    public async Task<string> ExtendedPcrAsync(CancellationToken cancel)
    {
        await using (var device = TpmDevice.Open(TpmEndpoint.Parse(scene.Machine.Endpoint), TimeProvider.System))
            await device.PcrExtendAsync(ExtendedPcr, SHA256.HashData("a kernel that nobody approved"u8), cancel);

        try
        {
            await using var guest = DemoGuest.Open(scene);
            using var key = await guest.Client.GetResourceAsync(DemoScene.ImageKey, cancel);
        }
        catch (KbsException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            var told = await ReasonAsync(e, cancel);
            return told.Contains($"pcr{ExtendedPcr:D2}", StringComparison.OrdinalIgnoreCase) && told.Contains(".rego:", StringComparison.Ordinal)
                ? told : throw Wrong("the reason does not name the PCR and the policy rule", told);
        }
        finally
        {
            // The machine starts again from a good state; nothing of the refusal stays.
            await scene.Machine.RestartAsync(cancel);
            await GuestMachine.MeasureBootAsync(scene.Machine, cancel);
        }

        throw Passed("a machine in a state that nobody approved got the key of the image");
    }

    public async Task<string> FlippedByteAsync(CancellationToken cancel)
    {
        await using var source = ImageLocation.Parse(scene.SecretImage).OpenSource(DemoScene.RegistryOptions);
        var manifest = ImageManifest.Parse(await source.GetVerifiedManifestAsync(digest: null, cancel), scene.SecretImage);
        var blob = scene.Registry.BlobPath(manifest.Layers[0].Digest.Hex);
        await FlipAsync(blob, cancel);
        try
        {
            await PullAsync(scene.SecretImage, cancel);
        }
        catch (ImageException e) when (e.Fault is ImageFault.DigestMismatch or ImageFault.MacMismatch)
        {
            return Directory.Exists(scene.In("refused")) ? throw Wrong("something of the image is left in the bundle", e.What) : e.What;
        }
        finally
        {
            await FlipAsync(blob, cancel);
        }

        throw Passed("a changed layer was unpacked");
    }

    public async Task<string> UnsignedImageAsync(CancellationToken cancel)
    {
        try
        {
            await PullAsync(scene.UnsignedImage, cancel);
        }
        catch (ImageException e) when (e.Fault == ImageFault.SignatureMissing)
        {
            return e.What;
        }

        throw Passed("an image without a signature was unpacked");
    }

    public async Task<string> ForeignKeyAsync(CancellationToken cancel)
    {
        // A TPM of the same maker, but another one: its key signs, and the certificate of the first is shown.
        await using var other = await SwtpmProcess.StartAsync(scene.In("other-machine"), scene.Maker, outlives: false, cancel);
        await using var shown = GuestMachine.OpenAttester(scene.Machine);
        await using var signing = GuestMachine.OpenAttester(other);
        using var client = new KbsClient(scene.Connect(), new TpmEvidenceSource(signing, new BorrowedCertificate(shown, signing)), TimeProvider.System);
        try
        {
            await client.AttestAsync(cancel);
        }
        catch (KbsException e) when (e.ErrorType == ErrorTypes.AttestationError)
        {
            var told = await ReasonAsync(e, cancel);
            return told.Contains("tpm.ak.trust", StringComparison.Ordinal) ? told : throw Wrong("the reason is not the key's origin", told);
        }

        throw Passed("a quote by the key of another TPM was believed");
    }

    // What the guest is told; the same stands in the server's record under the reference.
    private async Task<string> ReasonAsync(KbsException refusal, CancellationToken cancel)
    {
        if (refusal.Reference is null)
            throw Wrong("it carries no reference to the server's record", refusal.Detail);

        var attempt = await scene.Admin.GetAttemptAsync(refusal.Reference, cancel);
        return attempt.Count > 0 ? $"{refusal.Detail}\nreference {refusal.Reference}" : throw Wrong("the server's record of it is empty", refusal.Detail);
    }

    private async Task PullAsync(string image, CancellationToken cancel)
    {
        await using var guest = DemoGuest.Open(scene);
        await guest.PullAsync(image, scene.In("refused"), cancel);
    }

    private static async Task FlipAsync(string file, CancellationToken cancel)
    {
        var bytes = await File.ReadAllBytesAsync(file, cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, cancel);
    }

    private static CommandException Passed(string what) => new($"NOT refused: {what}", exitCode: ExitCode.NotVerified);

    private static CommandException Wrong(string problem, string told) => new($"refused, but {problem}: {told}", exitCode: ExitCode.NotVerified);

    /// <summary>The cheat: offers the first machine's endorsement certificate with the second machine's attestation key.</summary>
    private sealed class BorrowedCertificate(TpmAttester shown, TpmAttester signing) : ITpmKeyProver
    {
        public async ValueTask<TpmKeyOffer> DescribeKeyAsync(CancellationToken cancel) =>
            (await shown.DescribeKeyAsync(cancel)) with { AkPublic = (await signing.DescribeKeyAsync(cancel)).AkPublic };

        // The credential is for a key that the first TPM does not hold, under an endorsement key that the second does not hold: neither can
        // open it, and the best that is left is a guess.
        public async ValueTask<SecretBytes> ActivateAsync(TpmCredential credential, CancellationToken cancel)
        {
            foreach (var attester in (TpmAttester[])[shown, signing])
            {
                try
                {
                    return await attester.ActivateAsync(credential, cancel);
                }
                catch (TpmException)
                {
                    // As it should be.
                }
            }

            return SecretBytes.Random(32);
        }
    }
}
