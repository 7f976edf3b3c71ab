using System.Runtime.CompilerServices;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.Cms;
using Nacre.Formats.OpenPgp;
using Nacre.Images.Signatures.Notation;
using Nacre.Images.Signatures.Sigstore;
using Nacre.UnitTests.Formats.OpenPgp;

namespace Nacre.ConformanceTests.Fuzz;

/// <summary>Mutated signatures of images: every reader ends in its own exception, and none accepts what was not signed.</summary>
[Trait("Group", "ImagesFuzz")]
public sealed class SignatureFuzzTests
{
    private static readonly DateTimeOffset s_at = new(2027, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] s_kinds = ["rsa", "p256", "p384", "p521", "ed", "sub"];

    [Fact]
    public void OpenPgp_messages()
    {
        var ring = OpenPgpKeyring.Parse(s_kinds.SelectMany(OpenPgpVectors.Key).ToArray());
        var accepted = 0;
        Run("openpgp message", [.. s_kinds.Append("edplain").Select(OpenPgpVectors.Message)], bytes =>
        {
            var message = OpenPgpMessage.Parse(bytes);
            if (ring.Verify(message, s_at).Problem is not null)
                return;
            accepted++;
            Assert.Equal(OpenPgpVectors.Payload, Encoding.UTF8.GetString(message.Payload.Span));
        });
        Assert.True(accepted > 0, "no mutation was still a good signature: the keys do not fit the corpus");
    }

    [Fact]
    public void OpenPgp_keys()
    {
        var message = OpenPgpMessage.Parse(OpenPgpVectors.Message("ed"));
        Run("openpgp key", [.. s_kinds.Select(OpenPgpVectors.Key)], bytes => OpenPgpKeyring.Parse(bytes).Verify(message, s_at));
    }

    [Fact]
    public void Sigstore_bundles() =>
        Run("sigstore bundle", Vectors("Sigstore", "happy*.json"), bytes => SigstoreBundle.Parse(bytes, "fuzz", [1]));

    [Theory]
    [InlineData("*.jws", NotationEnvelope.JwsType)]
    [InlineData("*.cose", NotationEnvelope.CoseType)]
    public void Notation_envelopes(string files, string type)
    {
        var signed = Vectors("Notation", files).Select(vector => Try(() => NotationEnvelope.Parse(type, vector))?.Payload.ToArray()).OfType<byte[]>().ToList();
        Run($"notation {files[2..]}", Vectors("Notation", files), bytes =>
        {
            var envelope = NotationEnvelope.Parse(type, bytes);
            if (envelope.Timestamp is { } token)
                Try(() => TimestampToken.Parse(token));
            if (envelope.FindProblem() is null)
                Assert.Contains(signed, payload => envelope.Payload.Span.SequenceEqual(payload));
        });
    }

    [Fact]
    public void Time_stamps() => Run(
        "time stamp", [.. Vectors("Notation", "timestamp*.cose").Select(vector => NotationEnvelope.Parse(NotationEnvelope.CoseType, vector).Timestamp!)],
        bytes => TimestampToken.Parse(bytes));

    private static void Run(string name, IReadOnlyList<byte[]> corpus, Action<byte[]> read) =>
        Fuzzer.Run(name, corpus, [[0], [0xff, 0xff]], bytes => Try(() =>
        {
            read(bytes);
            return bytes;
        }));

    private static T? Try<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (MalformedDataException e)
        {
            Assert.NotEmpty(e.Rule);
            return null;
        }
    }

    private static IReadOnlyList<byte[]> Vectors(string kind, string files, [CallerFilePath] string here = "") =>
        [.. Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "Unit", "Images", kind, "Vectors"), files)
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
}
