using System.Runtime.InteropServices;

namespace Nacre.Linux.Pkcs11;

/// <summary>How to encrypt and decrypt, with its parameters (PKCS #11 v2.40, Current Mechanisms).</summary>
public abstract record Pkcs11Mechanism
{
    private Pkcs11Mechanism()
    {
    }

    /// <summary>CKM_RSA_PKCS_OAEP with SHA-256 and MGF1 with SHA-256, without a label.</summary>
    public static Pkcs11Mechanism RsaOaepSha256 { get; } = new RsaOaep(0x250, 2);

    /// <summary>CKM_RSA_PKCS_OAEP with SHA-1 and MGF1 with SHA-1, without a label; the only one that SoftHSM has.</summary>
    public static Pkcs11Mechanism RsaOaepSha1 { get; } = new RsaOaep(0x220, 1);

    /// <summary>CKM_AES_GCM with a tag of 16 bytes, which stands behind the encrypted bytes.</summary>
    /// <param name="nonce">12 bytes.</param>
    /// <param name="associated">Authenticated, not encrypted.</param>
    public static Pkcs11Mechanism AesGcm(byte[] nonce, byte[] associated) => new Gcm(nonce, associated);

    /// <summary>CKM_AES_KEY_WRAP_PAD as a cipher (RFC 5649).</summary>
    public static Pkcs11Mechanism AesKeyWrapPad { get; } = new Plain(0x210a);

    // The address of a CK_MECHANISM, good while the action runs.
    internal abstract void Call(Action<nint> action);

    private static unsafe void Call<T>(nuint mechanism, T parameter, Action<nint> action)
        where T : unmanaged
    {
        var call = new Pkcs11MechanismCall { Mechanism = mechanism, Parameter = &parameter, Length = (nuint)sizeof(T) };
        action((nint)(&call));
    }

    private sealed record Plain(nuint Number) : Pkcs11Mechanism
    {
        internal override unsafe void Call(Action<nint> action)
        {
            var call = new Pkcs11MechanismCall { Mechanism = Number };
            action((nint)(&call));
        }
    }

    private sealed record RsaOaep(nuint Hash, nuint Mask) : Pkcs11Mechanism
    {
        private const nuint Number = 0x9;
        private const nuint DataSpecified = 1;

        internal override void Call(Action<nint> action) =>
            Call(Number, new OaepParameters { Hash = Hash, Mask = Mask, Source = DataSpecified }, action);
    }

    private sealed record Gcm(byte[] Nonce, byte[] Associated) : Pkcs11Mechanism
    {
        private const nuint Number = 0x1087;
        private const nuint TagBits = 128;

        internal override unsafe void Call(Action<nint> action)
        {
            fixed (byte* nonce = Nonce)
            fixed (byte* associated = Associated)
            {
                var parameters = new GcmParameters
                {
                    Nonce = nonce,
                    NonceLength = (nuint)Nonce.Length,
                    NonceBits = (nuint)Nonce.Length * 8,
                    Associated = associated,
                    AssociatedLength = (nuint)Associated.Length,
                    TagBits = TagBits,
                };
                Call(Number, parameters, action);
            }
        }
    }

    /// <summary>CK_RSA_PKCS_OAEP_PARAMS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OaepParameters
    {
        public nuint Hash;
        public nuint Mask;
        public nuint Source;
        public nint SourceData;
        public nuint SourceLength;
    }

    /// <summary>CK_GCM_PARAMS.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct GcmParameters
    {
        public byte* Nonce;
        public nuint NonceLength;
        public nuint NonceBits;
        public byte* Associated;
        public nuint AssociatedLength;
        public nuint TagBits;
    }
}
