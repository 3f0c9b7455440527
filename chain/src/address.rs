//! Our values and Solana's.

use domain::entities::token::TokenProgram;
use domain::entities::{Address, Signature};
use solana_sdk::pubkey::Pubkey;

pub fn pubkey(address: Address) -> Pubkey {
    Pubkey::new_from_array(*address.bytes())
}

pub fn address(pubkey: &Pubkey) -> Address {
    Address::from_bytes(pubkey.to_bytes())
}

pub fn signature(signature: &solana_sdk::signature::Signature) -> Signature {
    Signature::from_bytes((*signature).into())
}

pub fn program_id(program: TokenProgram) -> Pubkey {
    match program {
        TokenProgram::SplToken => SPL_TOKEN,
        TokenProgram::Token2022 => spl_token_2022_interface::ID,
    }
}

pub fn token_program(id: &Pubkey) -> Option<TokenProgram> {
    [TokenProgram::SplToken, TokenProgram::Token2022].into_iter().find(|program| program_id(*program) == *id)
}

const SPL_TOKEN: Pubkey = solana_sdk::pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
