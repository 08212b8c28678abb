// 64 bits as two halves of 32, as typed arrays and readers hold them.

/** 2^32: what the high half counts. */
export const TWO_32 = 4_294_967_296;
