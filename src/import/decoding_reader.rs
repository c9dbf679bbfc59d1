//! Text in any encoding, read as UTF-8.

use super::text_encoding::{TextEncoding, decode_page_byte};
use encoding_rs::Decoder;
use std::io::Read;

const CHUNK_BYTES: usize = 64 << 10;

/// Text in any encoding, read as UTF-8 without a mark.
pub struct DecodingReader<R> {
    input: R,
    decoder: TextDecoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

enum TextDecoder {
    Web(Box<Decoder>),
    CodePage(Vec<char>),
}

impl<R: Read> DecodingReader<R> {
    pub fn new(input: R, encoding: TextEncoding) -> Self {
        let decoder = match encoding {
            TextEncoding::Web(encoding) => TextDecoder::Web(Box::new(encoding.new_decoder_with_bom_removal())),
            TextEncoding::CodePage(_, high) => TextDecoder::CodePage(high.chars().collect()),
        };
        Self { input, decoder, raw: vec![0; CHUNK_BYTES], ready: vec![], taken: 0, ended: false }
    }

    fn refill(&mut self) -> std::io::Result<()> {
        self.ready.clear();
        self.taken = 0;
        let got = self.input.read(&mut self.raw)?;
        self.ended = got == 0;
        match &mut self.decoder {
            TextDecoder::Web(decoder) => {
                let most = decoder.max_utf8_buffer_length(got).unwrap_or(got * 3 + 16);
                self.ready.resize(most, 0);
                let (_, _, written, _) = decoder.decode_to_utf8(&self.raw[..got], &mut self.ready, self.ended);
                self.ready.truncate(written);
            }
            TextDecoder::CodePage(high) => {
                let text: String = self.raw[..got].iter().map(|b| decode_page_byte(*b, high)).collect();
                self.ready.extend_from_slice(text.as_bytes());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for DecodingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.taken == self.ready.len() && !self.ended {
            self.refill()?;
        }
        let n = buffer.len().min(self.ready.len() - self.taken);
        buffer[..n].copy_from_slice(&self.ready[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}
