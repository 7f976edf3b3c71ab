namespace Nacre.UnitTests.Formats.OpenPgp;

/// <summary>
/// Made with gpg 2.2.40 (<c>--quick-gen-key</c>, <c>--sign</c>, <c>--export</c>) on 2026-11-21 for these tests: keys that nobody uses, and
/// <see cref="Payload"/> signed by each. "sub" certifies with RSA and signs with an Ed25519 subkey; "expired" was made for one day.
/// </summary>
internal static class OpenPgpVectors
{
    public const string Payload =
        "{\"critical\":{\"identity\":{\"docker-reference\":\"example.com/a:1\"},\"image\":{\"docker-manifest-digest\":\"sha256:01234"
            + "56789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"},\"type\":\"atomic container signature\"},\"optional\":"
            + "{\"creator\":\"gpg\"}}";

    public static byte[] Key(string name) => Convert.FromBase64String(s_all[name + ".pub"]);

    public static byte[] Message(string name) => Convert.FromBase64String(s_all[name + ".msg"]);

    public const string ArmoredEd =
        """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        mDMEawGJMxYJKwYBBAHaRw8BAQdAAHzTPfC6xdQUhQqCo5Oc5flSnO4N1YhBH1ex
        DZSwLIq0E2VkIDxlZEBleGFtcGxlLmNvbT6IkAQTFggAOBYhBCziXHPHk+iBfmFH
        12agnj2mFFCYBQJrAYkzAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEGag
        nj2mFFCYmo8BAMB0r0LkCyPEUhAyYIpHZ5ohh5Z48bPgUMZJxmvIff2hAP9BDj2E
        VkLa4pniZkT7Zr7bQjxiB8wvyKiPFWMK2YNBCA==
        =oQuU
        -----END PGP PUBLIC KEY BLOCK-----
        """;

    private static readonly Dictionary<string, string> s_all = new()
    {
        ["rsa.pub"] =
            "mQGNBGsBiTIBDADm4JPQlBoC8zKD7xTIZNIBsXEy/NeCbeN8dp8LNDD2o7R0Bywrsaw5QSgUbY0nB6NNnBQ+2N0f4VmkJ0hWGlRF4wePRIomfz"
            + "k6sBSCK79ll07wm1mGCRi+ofJ7dAFiJZv5pmnDGd9mkULf52l5O/dK7cS+sudF0VaQzT7yV2Np3LR8kcp6APrSOlh01rhfBXcnMA+HVamP5Mbi"
            + "4oKXEA258DDnmm3hozXTLOFf3E0LDkENYvz63snn5quZC6y5N6tZwiMTBn6ZSakLan+2/7O+4mFBt81KPRhNiF9FQMwrz23RJ9zv81LJfNRubp"
            + "3weqZXEONaJxvb6/YDJxGWyKrenT/x286tOb5y+WIIZ1vCd7NlcEiqwrexyNunA9cHhf/SxnTmkaMKU/tSXUSER+o1kX12ytP7sjA/regdryut"
            + "2oR+9yB6MmAVyygiJ4jQXdMVmf+0XLKr9OEMD/Z1hbeeXJ9m9hJir1+m94fPAgAIb1CB6NJ+6g89izYO6c0R5akAEQEAAbQVcnNhIDxyc2FAZX"
            + "hhbXBsZS5jb20+iQHOBBMBCgA4FiEERS9aoxUd850HitZUqXa0mj+UiokFAmsBiTICGwMFCwkIBwIGFQoJCAsCBBYCAwECHgECF4AACgkQqXa0"
            + "mj+UionAqwv/d7Gt4vmLHnEladW4MMAwRSKek6lR/yJa0DGa8apZvsD8/YT9s0m0G8NTk9094EgoyBpevwJLaGQny2U7DTsmkmsoUS1pUfDz0X"
            + "7am4wtod8W5wT89ZJ4kC0bdTeQUOyrzgc87RSpbToZjaM/C8/sg86mx33mb3FtaNX18TwG5OfdNcHOkQ29li9l4wWUI+Cq07EYrsQMHZo/lJde"
            + "lEN33GApOq2ck2j1UxfAnJL+4Q20YtI9MX7E10+LRWJEEKeRUei4l0Q3TGE0aem8FzNO6y4xo3vwwcYOyxOanKV6ogIjrZ9RrGA2QHFidpGvgs"
            + "64s3vL2rYkxV171BugCRsOrb2qcaOayYWCI809TTee1n855l8mxjlB2ES/AvgL78LC6Dw3DlFqLs5bMeF2m11Jc5sIQc1jT9mHijSWFs39oPH8"
            + "wAXRMM3IX1VJtYHqcKWbP91RZdeab2FJjFVB7cBh3DhWYgWezOp7zcflutkfZGU9jd3i9heFJFnxfLnVSJYm",
        ["rsa.msg"] =
            "owGbwMvMwMW4smzLLPspXZ2Ma34nsRckVubkJ6ZkM3YaVyslF2WWZCYn5ihZVStlpqTmlWSWVILYKfnJ2alFukWpaalFqXnJqUpWSqkVibkFOa"
            + "l6yfm5+olWhkq1OkqZuYnpqUjKcxPzMtNSi0t0UzLTgRRQU3FGopGpmZWBoZGxiamZuYVlYlJySmoaqXyQZSWVBSBnJJbk52YmKyTn55UkZual"
            + "FikUZ6bnJZaUFqWCFOUXlGTm50H8k1yUClRcBNSTXpCuVFvbyXiEhYGRi0FPTJHFVT9qsajs57nsXddCYKHDygQKEwGZouJEByTPMnBxCsCUGH"
            + "hw/y+2lbvzI/c6y4tvZ65ulto8tfnFXbMbV9e9z+iO2u3pr8i94OZl94pTJ5VjZqrm1JRHZIkapt5wYDixbIkUD+On7Qm8v5kCin3fvU4zPvJJ"
            + "zuD6dqUDe6YoHfL+6reY/fLah8ZlTzP5WiTsf2s77pZU9mFm3jejva9zEc/3yOtmJgmBcXKWnIVWE37Lra72CuN/E6r1Nlep6MTmRVXS0/SW8p"
            + "XlzF/+R3jbs7PnA/lmJAUaVZbL/N7b+jzvJvvfjVUbPuTJTU+2MOOreBi8YMfkhKspoh72tVZCG5+dXfpxJvf2y43htwozi2O3ZAQGTcmWjZTQ"
            + "WnfelkF/5ju5JVP2rlA/ZXf/tUBnu3L8Hu4JUfbuiv9CH306kSdv92rW/m//labndT4sWcwZuOftbv4z80sE/aYu371HKXrOlj23T9o9L3vxIu"
            + "LLkpTKg/HypQWnf2bNSPkqXfA1oXux0WJX2fT3sXNTjt1x4E1KNLQXibPY+lmDsUV3vUma4iH/zmmfWNeFJwqF5s/Wt56yrLpK4TXzAgA=",
        ["p256.pub"] =
            "mFIEawGJMxMIKoZIzj0DAQcCAwS2qeliflcHh/bdkSLbh2cwWDlD9h9r1wk2Xs9Kbih4QmOSo2wqkgdqF9sdsZC+LGoK99N6p18n1GqT9rbGw3"
            + "sVtBdwMjU2IDxwMjU2QGV4YW1wbGUuY29tPoiQBBMTCAA4FiEEm3A6DNdESbuzYdXOFtMwbKavzsMFAmsBiTMCGwMFCwkIBwIGFQoJCAsCBBYC"
            + "AwECHgECF4AACgkQFtMwbKavzsOT5wEAmMg8adT2CS2iogeslTBStcNND+6CKR09MvoecWREWYIBAK6iCGIusqdTk04LfISXwHPXNeJ0X3/dQ6"
            + "F1ksCVhsid",
        ["p256.msg"] =
            "owGbwMvMwCEsdtkgZ9n6c4cZ1/xOYi9IrMzJT0zJZuw0rlZKLsosyUxOzFGyqlbKTEnNK8ksqQSxU/KTs1OLdItS01KLUvOSU5WslFIrEnMLcl"
            + "L1kvNz9ROtDJVqdZQycxPTU5GU5ybmZaalFpfopmSmAymgpuKMRCNTMysDQyNjE1MzcwvLxKTklNQ0Uvkgy0oqC0DOSCzJz81MVkjOzytJzMxL"
            + "LVIozkzPSywpLUoFKcovKMnMz4P4J7koFai4CKgnvSBdqba2o52FQZiDQV9MkWV2gRXPdRfP3ZsTr56DBQ4rEyhIBGUKgA52QPIsAxenAEzN2T"
            + "UMf2XuiCQLG/jFRLEy/lg5P2zVT1GBnp3Lm48KPrNimqfueoDhn1pQoLiPTsamT9+fHD8RuPyh4Or57X/aLsgufPR/46LnRZIA",
        ["p384.pub"] =
            "mG8EawGJMxMFK4EEACIDAwQQjsQg3n6YbRMqHRjgt+6bxaWkzpX0TacBCLFzWEQcSeZSLcvwUWh6bmJTjuQ/ZcwvruFfqkWWXztFnh/6glMZGo"
            + "P2Gl+8D8RfwOpb17QRN6Abx4f/z03xZLFvoOauYyO0F3AzODQgPHAzODRAZXhhbXBsZS5jb20+iLAEExMJADgWIQSwc84DuYcxQBbhYB0nWB+q"
            + "oppUpwUCawGJMwIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRAnWB+qoppUpxecAYCkXrw+jtf+csVlwKQDwE7TL6M4Me0FdDPuGQwwNZ"
            + "XYwGr5FWjUnyHgNDw1FML4pfkBf0DCSxeLnHGX5/nlMHALpW40M0WrrV75/2DUwAMZR/S7YjCF8sHkeoO6Y7cL4ri8pA==",
        ["p384.msg"] =
            "owGbwMvMwCmsHiG/atGskOWMa34nsRckVubkJ6ZkM3YaVyslF2WWZCYn5ihZVStlpqTmlWSWVILYKfnJ2alFukWpaalFqXnJqUpWSqkVibkFOa"
            + "l6yfm5+olWhkq1OkqZuYnpqUjKcxPzMtNSi0t0UzLTgRRQU3FGopGpmZWBoZGxiamZuYVlYlJySmoaqXyQZSWVBSBnJJbk52YmKyTn55UkZual"
            + "FikUZ6bnJZaUFqWCFOUXlGTm50H8k1yUClRcBNSTXpCuVFvbsZyFQZiTQV9MkWVD8Tnmne2GDmIPE2RhgcPKBAoSQZkCYwsTByTPMnBxCsDUrO"
            + "1nrPezy7gZymw8iZ17Cc/pRUsXLj38eaHkWpvu7N4HPN+T+3o3WrHlanZddio7+uVw/KVrTYwNl1XjP+66bhL65uT1fuOoTWZXhfqYkx7L/uxc"
            + "7nBp2yxeuQW/hDbe6mb785+P7zp/wYcuAA==",
        ["p521.pub"] =
            "mJMEawGJMxMFK4EEACMEIwQA8L6d5Cs79LdSg/kb1rdwZs+dz9/cPqqMI9vNM6kDrRdk7dBD94/cjIxP0a+Nhukt4Tjt0l2UIzQ/i9wE3bpAo/"
            + "oA1k/8JHsCVnqIcTv1A8IH2CkN23qINjX9k2S5pgohiH+Zy7zM7aK3SL1VebRvVmBkDtLHmoFA6qKv3eQdhrtVHie0F3A1MjEgPHA1MjFAZXhh"
            + "bXBsZS5jb20+iNQEExMKADgWIQRQnzFqoj00lrGctfyX94FEP6HG5AUCawGJMwIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRCX94FEP6"
            + "HG5FIuAgkBSYzmIrU0N9dTt2D6XpfbK+5sPEy6qNM4eZ9Qc2IUmuUhxunRwtFzBuZMpuXfO+Zq2WZynz5/pFvCSlB21mhk2QUCCQEV7vDJ7nK9"
            + "7vlTfGNBbOL+EXNYoeo11igSokWPoNdJ6wLzf1A34ILxxW904VeVwc9z4CAcKafcT2cNGtACJDP3jQ==",
        ["p521.msg"] =
            "owGbwMvMwCU8/Xuji/3CY08Y1/xOYi9IrMzJT0zJZuw0rlZKLsosyUxOzFGyqlbKTEnNK8ksqQSxU/KTs1OLdItS01KLUvOSU5WslFIrEnMLcl"
            + "L1kvNz9ROtDJVqdZQycxPTU5GU5ybmZaalFpfopmSmAymgpuKMRCNTMysDQyNjE1MzcwvLxKTklNQ0Uvkgy0oqC0DOSCzJz81MVkjOzytJzMxL"
            + "LVIozkzPSywpLUoFKcovKMnMz4P4J7koFai4CKgnvSBdqba24yQLgzAXg76YIkvAfMOsRbYm0zbO2foHFjisTKAgEZQpMDUydEDyLAMXpwBMzS"
            + "sfJjbF/lyfA5km019uWyKWaiG7ZvFn4zNK25JCt+htWyow9fi5rSrXmQ7yHU07dS7uQV/0WtULb18f2LyJ7Y/fCQeXhL26Gz4wsUfXBbj2nuvm"
            + "ObL80Qv1Tu7J7cdKnjh2rPv/7cyTOSnMMzqEfG6ETqnnfBJz66u4us9pB3VXzhsrOr8ecpq9+fyelK9d+gA=",
        ["ed.pub"] =
            "mDMEawGJMxYJKwYBBAHaRw8BAQdAAHzTPfC6xdQUhQqCo5Oc5flSnO4N1YhBH1exDZSwLIq0E2VkIDxlZEBleGFtcGxlLmNvbT6IkAQTFggAOB"
            + "YhBCziXHPHk+iBfmFH12agnj2mFFCYBQJrAYkzAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEGagnj2mFFCYmo8BAMB0r0LkCyPEUhAy"
            + "YIpHZ5ohh5Z48bPgUMZJxmvIff2hAP9BDj2EVkLa4pniZkT7Zr7bQjxiB8wvyKiPFWMK2YNBCA==",
        ["ed.msg"] =
            "owGbwMvMwCGWtmCe7TKRgBmMa34nsRckVubkJ6ZkM3YaVyslF2WWZCYn5ihZVStlpqTmlWSWVILYKfnJ2alFukWpaalFqXnJqUpWSqkVibkFOa"
            + "l6yfm5+olWhkq1OkqZuYnpqUjKcxPzMtNSi0t0UzLTgRRQU3FGopGpmZWBoZGxiamZuYVlYlJySmoaqXyQZSWVBSBnJJbk52YmKyTn55UkZual"
            + "FikUZ6bnJZaUFqWCFOUXlGTm50H8k1yUClRcBNSTXpCuVFvb0crCIMbBoCumyKLzKKb4+OQXjXWJ7tdhgcPKBAoSfpnUFAckrzJwcQrAVMQJMj"
            + "J8Of7GpVp6Op+C6T/fPWFedyo8Zn428uzYqcMeNr1UdPIqRobVrgEcb9kObVZxfdn9eu2cmGlz+NeZCruvEyq7HN2duZgFAA==",
        ["sub.pub"] =
            "mQENBGsBiTMBCADTaQFMBm12JqXVAACNlyKutxcajpXr79Y3NPVa8U6fpUgxcLB0QtcjHBrnsOvRzzfE6owMInWR8sA6HHY+VZ9Ws+HYhagL+z"
            + "lou6MBIGYLr6LxGvx6c005DPOIB246tXz+5ZvfmMp5eYCcrFT+xK+4nNlwB5y/+PJ6nb6wUiAaNE5Mg4qiNEtrjfEVIIOCQbIWSkb2fJA8E4iZ"
            + "Ohmtr+6vkUND7Jgt7OLpBXUVTaQEb093oql7YIUruyr9YD/iNMa+Yzw3vRynxfaM5ZVHZwpPHBNlFURG8RGqVs2aITzATPDQRsAm8fSCpKgFHR"
            + "qj14p6jwW6YVWsgoU4SPBRmuCPABEBAAG0FXN1YiA8c3ViQGV4YW1wbGUuY29tPokBTgQTAQoAOBYhBHE+1/0767Qf7xkTytXAXppJzp6VBQJr"
            + "AYkzAhsBBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJENXAXppJzp6Ve4QH/0EjIh9vYw1H87W1jrArx2fil/7FVkE+o1R7OXxoTPhvTRYoV/"
            + "3cQcgdV2//8SuhMEntHpW6wDs0ENlb8cO7iX6xeI1LXyyat0sqR/balvNCaKGqnTLY/wTKWQSQ8lfDm1pyQGRMRqRFXBqPZAemRP8BgxHhSIH7"
            + "aMzerlEOwmQfSpDCd6WoqE1NuY57evFrMzvyClFcApnGQH0OmoPfyeIQctiMLZu4VKxkO3ONz9riJ/hRavJOiiJ0wRRz30TjSHJy/1mNN33uag"
            + "I3eCWWwzDZ6Ug7zlxLgDHiATFBUZqFLNzMeVsT4Aqv1Ltqb7nNqWqgeziuzQBdZ9Dd6byNW2u4MwRrAYkzFgkrBgEEAdpHDwEBB0A5cOU/VEk9"
            + "PsZ1jBEKfRgarHpdzkkCFS9YB6cPTMeL7YkBrQQYAQoAIBYhBHE+1/0767Qf7xkTytXAXppJzp6VBQJrAYkzAhsCAIEJENXAXppJzp6VdiAEGR"
            + "YIAB0WIQQKq9ltDTkdeGWaQf6CVeWbrlhI1gUCawGJMwAKCRCCVeWbrlhI1nKOAQDAEUMfZl3XPrYxBdQmnnBiF46IukIG6XxMTv9cCvyrzwEA"
            + "rzfLkDBZDRLHe+Qf3p/nMr3LtWgBS4Q+4orvdMNRkwm3dgf+MXn2Ml9IVnYFpM8L42uc00mpzPcIuYoiTKZFuG8J6c5yjfd48uftoju/xIKcHX"
            + "q4w8dNNSpsLdqFd/E6R6n0JdRvWF5771kBtFfgTkf1JPuUcIBIYOXNJMVHwCy2/bMtfWN+4nXpCv0sYfyCSGWEYmRCU/kx0vgCzzw38+w2+ycl"
            + "ZSzkwhWgwXUGJqJ8qmZY+QM5+EBhjZRLbp/ji4sawOmbKflqq+yXSe84e9VVSEgY6lgFCrHIJTxzv/s8+YzpKV54POoIyQeXIwFj583FBfmt0b"
            + "j+hOUX3b4x7AkDsQfqQm9GVvIIkjnacZ+5BcG778/ugrD/cpr34oiQUq/oe7g4BGsBiTMSCisGAQQBl1UBBQEBB0DYlUOxpzLQPsHsEfXey7rQ"
            + "f09nXoLt/uMz/yYz0elSUQMBCAeJATYEGAEKACAWIQRxPtf9O+u0H+8ZE8rVwF6aSc6elQUCawGJMwIbDAAKCRDVwF6aSc6elcPfB/0T0kbGVB"
            + "aumoDH5hZrIhu/e9QvW3UWbblIOE7N7p9fzCghQ93AQ7Ru6r0I91NiyFKXT3hTQEK9cRVux1zXwARogQFj25BJwfLpSQOFRCYtUIQonwqvCZeJ"
            + "8FNNUj2NQuHtV3dyygrglRCwVBCeyH5BlFzM7rLrEdpZCzOT1ITvqAAOHVsOsKLh19v16lM6jrzsb/1MBJlynMDWcYYPzcGokmCLt85qQIt/UI"
            + "v/x+eawGyb6ETNA8pJr+HG+UFKRaaYRiTACRinXkok24UPPHmk0u2bUW12oXqQSIkc0MlCK5veLoRUhsKoGfg+bw2ZzQYtyX5NEMYalv6HknwB"
            + "Io77",
        ["sub.msg"] =
            "owGbwMvMwCHWFPp09roIj2uMa34nsRckVubkJ6ZkM3YaVyslF2WWZCYn5ihZVStlpqTmlWSWVILYKfnJ2alFukWpaalFqXnJqUpWSqkVibkFOa"
            + "l6yfm5+olWhkq1OkqZuYnpqUjKcxPzMtNSi0t0UzLTgRRQU3FGopGpmZWBoZGxiamZuYVlYlJySmoaqXyQZSWVBSBnJJbk52YmKyTn55UkZual"
            + "FikUZ6bnJZaUFqWCFOUXlGTm50H8k1yUClRcBNSTXpCuVFvb0cbCIMbBoCemyMK1+mYur6VsReosx3+wwGFlAgWJgExxaZIDkl8ZuDgFYEpulD"
            + "IyLHnuyTr1VWypm4GqZNX0iZITNBxXZezULlm7doOutqL5fEaGpz8frFk8r6kv5PUhxufWE0/HLPrM3Vmw4t2Us0+Fb7JP4AIA",
        ["expired.pub"] =
            "mFIEawGJMxMIKoZIzj0DAQcCAwTndcrcGKqlPl4MDyqoqWDPw35uDhSjVCkI3a0bMuN6RUcl+uY1Oe7lthOiQP+zI4URjpI13qoVOW0ln5WSVw"
            + "IktB1leHBpcmVkIDxleHBpcmVkQGV4YW1wbGUuY29tPoiWBBMTCAA+FiEE8og9IB3PDpxlsKa5mt1JAQ9dL7UFAmsBiTMCGwMFCQABUYAFCwkI"
            + "BwIGFQoJCAsCBBYCAwECHgECF4AACgkQmt1JAQ9dL7UxvAD+IvRR/piNPyPbF+JEk07tea5QOFMXGMJ9OLTMQQ5fekwBAIN8f95Z2Aym6dgmXo"
            + "JdP3gWZWhAwHCF9T8weTw3mrPS",
        ["expired.msg"] =
            "owGbwMvMwCE8664nI3+s/lbGNb+T2AsSK3PyE1OyGTuNq5WSizJLMpMTc5SsqpUyU1LzSjJLKkHslPzk7NQi3aLUtNSi1LzkVCUrpdSKxNyCnF"
            + "S95Pxc/UQrQ6VaHaXM3MT0VCTluYl5mWmpxSW6KZnpQAqoqTgj0cjUzMrA0MjYxNTM3MIyMSk5JTWNVD7IspLKApAzEkvyczOTFZLz80oSM/NS"
            + "ixSKM9PzEktKi1JBivILSjLz8yD+SS5KBSouAupJL0hXqq3t6GJhEOZgMBJTZPnUYasge55vTuqGZTthgcPKBAoSEZnUioLMotQUByT/MnBxCs"
            + "CUTVjM8D/eNeX0iTgOYbW5ifKle8u35r3zEk6OfCO5gMUicUnC7tWMDKePT999+XzllZZTrV8vhL2vn9uZwHnBYL93Crfk4QXXf+8EAA==",
        ["revoked.pub"] =
            "mFIEawGJMxMIKoZIzj0DAQcCAwTL40a1j6sQLkLuk8Dr3WkGqBXLv+Rr91TtOL1yXlmgVVeMqJ4rFIZoTSSyjA8SxGjhmW2wpFz404Pfzp0y2H"
            + "ELiHgEIBMIACAWIQRSSKky/qY57478XSfXAPh/4b+8RAUCawGJMwIdAAAKCRDXAPh/4b+8RJeaAQDBAo/98AokrhZ2pVxarrpxtFnM70uBmttM"
            + "3UW01bJ8UwEA2edWw2Gw062XHA2vihy0Ra7nG8nFKGnvIXjFDYlb3gC0HXJldm9rZWQgPHJldm9rZWRAZXhhbXBsZS5jb20+iJAEExMIADgWIQ"
            + "RSSKky/qY57478XSfXAPh/4b+8RAUCawGJMwIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRDXAPh/4b+8RCTYAP40W/4CShfhazPgksyM"
            + "CfY4XiJxud3nwJdtOvlk855BGgD/TjLzvnjxyPD0ZDA10/ayEFGNy/et2eChkeVlED63Nkg=",
        ["revoked.msg"] =
            "owGbwMvMwCF8neFH/cP9e1wY1/xOYi9IrMzJT0zJZuw0rlZKLsosyUxOzFGyqlbKTEnNK8ksqQSxU/KTs1OLdItS01KLUvOSU5WslFIrEnMLcl"
            + "L1kvNz9ROtDJVqdZQycxPTU5GU5ybmZaalFpfopmSmAymgpuKMRCNTMysDQyNjE1MzcwvLxKTklNQ0Uvkgy0oqC0DOSCzJz81MVkjOzytJzMxL"
            + "LVIozkzPSywpLUoFKcovKMnMz4P4J7koFai4CKgnvSBdqba2o4uFQZiDwUhMkSXIY6XRv2WW7/v+xKrDAoeVCRQkIjJFqWX52akpDkj+ZeDiFI"
            + "ApeyfKyPB/gcpDm1OX/2+XzBDax/LfsaLuWs7mJVWNR9LXtG47rVvGyDCX5ZuGy7rPqaZ2S4u6OR/PCM+6ef/PLN5P/xqf80+zzVkKAA==",
        ["edplain.msg"] =
            "kA0DAAgWZqCePaYUUJgBrPtiB3BheWxvYWRrAYkzeyJjcml0aWNhbCI6eyJpZGVudGl0eSI6eyJkb2NrZXItcmVmZXJlbmNlIjoiZXhhbXBsZS"
            + "5jb20vYToxIn0sImltYWdlIjp7ImRvY2tlci1tYW5pZmVzdC1kaWdlc3QiOiJzaGEyNTY6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"
            + "ZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiJ9LCJ0eXBlIjoiYXRvbWljIGNvbnRhaW5lciBzaWduYXR1cmUifSwib3B0aW9uYW"
            + "wiOnsiY3JlYXRvciI6ImdwZyJ9fYiFBAAWCAAtFiEELOJcc8eT6IF+YUfXZqCePaYUUJgFAmsBiTMPHGVkQGV4YW1wbGUuY29tAAoJEGagnj2m"
            + "FFCYXhEBAPTH7ER7G5cOIDX+TbxWStx4SJnzMkmIuSwHVpd1FZOqAQCrRVAI7QbCsyRF6YvrrZxclpwPrjUTR64SdtNbi2mjBA==",
        ["sha1.msg"] =
            "kA0DAAIBqXa0mj+UiokBrPtiB3BheWxvYWRrAYlNeyJjcml0aWNhbCI6eyJpZGVudGl0eSI6eyJkb2NrZXItcmVmZXJlbmNlIjoiZXhhbXBsZS"
            + "5jb20vYToxIn0sImltYWdlIjp7ImRvY2tlci1tYW5pZmVzdC1kaWdlc3QiOiJzaGEyNTY6MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNk"
            + "ZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZiJ9LCJ0eXBlIjoiYXRvbWljIGNvbnRhaW5lciBzaWduYXR1cmUifSwib3B0aW9uYW"
            + "wiOnsiY3JlYXRvciI6ImdwZyJ9fYkBxAQAAQIALhYhBEUvWqMVHfOdB4rWVKl2tJo/lIqJBQJrAYlNEBxyc2FAZXhhbXBsZS5jb20ACgkQqXa0"
            + "mj+Uiom4pgwAmYmNL5UDYZT4K+5d4ZfUR9HdliaaG7Le95qT+mz7tGjlLOeEMi8SbPvqhcYjXSJ9FNYsbjsE9sNYmRDHNu6zpOFpQQNaZRWe7s"
            + "O+Q8evVYxZsM7XbzpXqk9cohj1VjPNqwZHczAs0T2qfqDlAeCNeGyDfoYncwoXvAde67LBT24MhuP0ihSkduDhAkl2+dUABawYbLwXxVlvOyO7"
            + "AJnj7UTnJGtBrA6rX8LxDZipBx4SKjzOxRxvQV+rpZkceMtME59SJJbTkQf0JdiyNA8R1t5dByuUze1oIiIj3f3oQ8oC2z+Vj0CEUMV2TnLvU6"
            + "uhE0enA2bYtlfOw2flzPO53x92mx+U8totI4UpYROXJKgALuyco1gx4rjKE2n3KW+S/p1BfBjYl1mf4VEDjbLz5ewX+yNUKybjj3uLXoFp3GRN"
            + "KK2pGkH7aw3o02e10qxKLMsHgeHpU+IvAXT21fW2CuKTgWs70b1BQ4CE3UR+Hqt0P5chodb6AAsKQcZziCi+",
        ["two.msg"] =
            "owGbwMvMwCEsdtkgZ9n6c4cZJoC4YmkL5tkuEwmYwbjmdxJ7QWJlTn5iSjZjp3G1UnJRZklmcmKOklW1UmZKal5JZkkliJ2Sn5ydWqRblJqWWp"
            + "Sal5yqZKWUWpGYW5CTqpecn6ufaGWoVKujlJmbmJ6KpDw3MS8zLbW4RDclMx1IATUVZyQamZpZGRgaGZuYmplbWCYmJaekppHKB1lWUlkAckZi"
            + "SX5uZrJCcn5eSWJmXmqRQnFmel5iSWlRKkhRfkFJZn4exD/JRalAxUVAPekF6Uq1tR2tLAxiHAy6YoosOo9iio9PftFYl+h+HRY4rEygIOGXSU"
            + "1xQPIqAxenAExFnCAjw5fjb1yqpafzKZj+890T5nWnwmPmZyPPjp067GHTS0Unr2JkWO0awPGW7dBmFdeX3a/XzomZNod/namw+zqhssvR3ZmL"
            + "WTraWRiEORj0gc6YXWDFc93Fc/fmxKvnYFEGcYagTAEw3NAdAlNzdg3DX5k7IsnCBn4xUayMP1bOD1v1U1SgZ+fy5qOCz6yY5qm7HmD4pxYUKO"
            + "6jk7Hp0/cnx08ELn8ouHp++5+2C7ILH/3fuOh5kSQA",
    };
}
