using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nacre.Formats.Ciphers;

/// <summary>
/// Diffie-Hellman of a new key with the public key of a peer, on P-256 or P-521 (NIST SP 800-56A, section 6.2.2.1), straight from OpenSSL's
/// libcrypto. The framework does the same with four checks of points in place of one, which takes more than three times as long, and
/// this is most of what the release of a secret costs. One check is enough: these curves have a cofactor of 1, so a point on the curve is
/// in its only group (section 5.6.2.3.4).
/// </summary>
public static partial class EphemeralAgreement
{
    private const string Library = "libcrypto.so.3";
    private const int MostPoint = 133;
    private const int MostShared = 66;
    private static readonly Lazy<nint> s_p256 = new(() => MakeTemplate("P-256"));
    private static readonly Lazy<nint> s_p521 = new(() => MakeTemplate("P-521"));

    /// <param name="curve">P-256 or P-521.</param>
    /// <param name="peer">The peer's point, uncompressed: 4 ‖ x ‖ y (SEC 1, section 2.3.3).</param>
    /// <returns>The point of the new key in the same form, and the x coordinate of the shared point. The caller erases it.</returns>
    /// <exception cref="CryptographicException">The peer's point is not on the curve.</exception>
    public static (byte[] Point, byte[] Shared) Create(string curve, ReadOnlySpan<byte> peer)
    {
        var mine = (nint)0;
        var theirs = (nint)0;
        var derivation = (nint)0;
        try
        {
            mine = GenerateLike(Template(curve));
            var point = Point(mine);
            theirs = EVP_PKEY_new();
            Require(theirs != 0 && EVP_PKEY_copy_parameters(theirs, mine) == 1, "cannot be set up");
            Require(EVP_PKEY_set1_encoded_public_key(theirs, peer, (nuint)peer.Length) == 1, "refused the peer's point");

            derivation = EVP_PKEY_CTX_new_from_pkey(0, mine, 0);
            Require(derivation != 0 && EVP_PKEY_derive_init(derivation) == 1, "cannot be set up");
            Require(EVP_PKEY_derive_set_peer_ex(derivation, theirs, validate: 0) == 1, "refused the peer's point");
            return (point, Derive(derivation));
        }
        finally
        {
            // All take null.
            EVP_PKEY_CTX_free(derivation);
            EVP_PKEY_free(theirs);
            EVP_PKEY_free(mine);
        }
    }

    /// <summary>A key of a curve that a new one is made like: half the time of naming the curve. Never used itself, never freed.</summary>
    private static nint Template(string curve) => curve switch
    {
        "P-256" => s_p256.Value,
        "P-521" => s_p521.Value,
        _ => throw new CryptographicException($"libcrypto is not asked for '{curve}'."),
    };

    private static nint MakeTemplate(string curve)
    {
        var context = EVP_PKEY_CTX_new_from_name(0, "EC", 0);
        try
        {
            Require(
                context != 0 && EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_group_name(context, curve) == 1, $"has no {curve}");
            return Generate(context);
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
        }
    }

    private static nint GenerateLike(nint template)
    {
        var context = EVP_PKEY_CTX_new_from_pkey(0, template, 0);
        try
        {
            Require(context != 0 && EVP_PKEY_keygen_init(context) == 1, "cannot be set up");
            return Generate(context);
        }
        finally
        {
            EVP_PKEY_CTX_free(context);
        }
    }

    private static nint Generate(nint context)
    {
        var key = (nint)0;
        Require(EVP_PKEY_generate(context, ref key) == 1, "made no key");
        return key;
    }

    private static byte[] Point(nint key)
    {
        Span<byte> point = stackalloc byte[MostPoint];
        Require(EVP_PKEY_get_octet_string_param(key, "encoded-pub-key", point, (nuint)point.Length, out var length) == 1, "gave no point");
        return point[..(int)length].ToArray();
    }

    private static byte[] Derive(nint derivation)
    {
        Span<byte> shared = stackalloc byte[MostShared];
        var length = (nuint)shared.Length;
        Require(EVP_PKEY_derive(derivation, shared, ref length) == 1, "derived nothing");
        var result = shared[..(int)length].ToArray();
        CryptographicOperations.ZeroMemory(shared);
        return result;
    }

    private static void Require(bool done, string problem)
    {
        if (done)
            return;

        // What is left in the queue of this thread would be taken for the error of a later call.
        ERR_clear_error();
        throw new CryptographicException($"libcrypto {problem}.");
    }

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint EVP_PKEY_CTX_new_from_name(nint library, string name, nint properties);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_CTX_new_from_pkey(nint library, nint key, nint properties);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_keygen_init(nint context);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int EVP_PKEY_CTX_set_group_name(nint context, string name);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_generate(nint context, ref nint key);

    [LibraryImport(Library)]
    private static partial nint EVP_PKEY_new();

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_copy_parameters(nint to, nint from);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_set1_encoded_public_key(nint key, ReadOnlySpan<byte> point, nuint length);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int EVP_PKEY_get_octet_string_param(nint key, string name, Span<byte> buffer, nuint size, out nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive_init(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive_set_peer_ex(nint context, nint peer, int validate);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_derive(nint context, Span<byte> secret, ref nuint length);

    [LibraryImport(Library)]
    private static partial void ERR_clear_error();
}
