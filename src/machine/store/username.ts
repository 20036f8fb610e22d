/** Whether sf can store a login of this name: it names the entry's file after it, and finds only such names again. */
export function isStorable(username: string): boolean {
  return /^[^.@/\\\s][^@/\\\s]*@[^.@/\\\s]+(\.[^.@/\\\s]+)+$/.test(username);
}
